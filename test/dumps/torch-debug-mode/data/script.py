"""A trace of a model that is given NaN: no operation made it."""

import torch
from torch.utils._debug_mode import DebugMode


def look(func, types, args, kwargs, result):
    return {"nan": int(result.isnan().sum())} if isinstance(result, torch.Tensor) else None


batch = torch.tensor([[1.0, float("nan")], [0.5, 2.0]])
with torch.no_grad(), DebugMode(record_torchfunction=False, record_ids=True, record_stack_trace=True) as mode, DebugMode.dispatch_hooks(log_hook=look):
    columns = batch.t()  # blamed
    total = columns.sum(0) * 2
print(mode.debug_string(show_stack_trace=True))
