"""A trace without the names of tensors, of a backward pass that turns infinity into NaN."""

import torch
from torch.utils._debug_mode import DebugMode


def look(func, types, args, kwargs, result):
    return {"has_nan": bool(result.isnan().any())} if isinstance(result, torch.Tensor) else None


weight = torch.tensor([2.0, 0.0], requires_grad=True)
for step in range(2):
    print(f"step {step}")
with DebugMode(record_torchfunction=True, record_stack_trace=True) as mode, DebugMode.dispatch_hooks(log_hook=look):
    loss = (weight * weight).sqrt().sum()  # blamed
    loss.backward()
print(mode.debug_string(show_stack_trace=True))
