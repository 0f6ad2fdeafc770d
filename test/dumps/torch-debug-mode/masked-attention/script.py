"""A mask that leaves one row nothing to attend to: its infinities are meant, the NaN of the softmax is not."""

import torch
from torch.utils._debug_mode import DebugMode


def look(func, types, args, kwargs, result):
    return {"nan": int(result.isnan().sum()), "inf": int(result.isinf().sum())} if isinstance(result, torch.Tensor) else None


def attend(query, key, mask):
    scores = (query @ key.T).masked_fill(mask, float("-inf"))
    return torch.softmax(scores, -1)  # blamed


torch.manual_seed(0)
mask = torch.tensor([[False, True], [True, True]])
with torch.no_grad(), DebugMode(record_torchfunction=False, record_ids=True, record_stack_trace=True) as mode, DebugMode.dispatch_hooks(log_hook=look):
    attend(torch.rand(2, 3), torch.rand(2, 3), mask)
print(mode.debug_string(show_stack_trace=True))
