"""A trace of a healthy step."""

import torch
from torch.utils._debug_mode import DebugMode


def look(func, types, args, kwargs, result):
    return {"nan": int(result.isnan().sum()), "absmax": result.abs().max().item()} if isinstance(result, torch.Tensor) else None


torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh())
with DebugMode(record_torchfunction=False, record_ids=True, record_nn_module=True) as mode, DebugMode.dispatch_hooks(log_hook=look):
    model(torch.rand(2, 3)).sum().backward()
print(mode.debug_string())
