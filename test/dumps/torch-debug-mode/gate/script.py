"""A trace of a normalised gate whose weights are all 0, with a hook that counts."""

import torch
from torch.utils._debug_mode import DebugMode


class Gate(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.score = torch.nn.Linear(4, 3)

    def forward(self, x):
        weights = torch.relu(self.score(x) - 10.0)
        return weights / weights.sum(-1, keepdim=True)  # blamed


class Mixture(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = Gate()
        self.head = torch.nn.Linear(3, 1)

    def forward(self, x):
        return self.head(self.gate(x))


def count(func, types, args, kwargs, result):
    if isinstance(result, torch.Tensor) and result.is_floating_point():
        return {"num_nan": int(result.isnan().sum()), "num_inf": int(result.isinf().sum()), "max_abs": result.abs().max().item()}
    return None


torch.manual_seed(0)
with DebugMode(record_torchfunction=False, record_ids=True, record_nn_module=True, record_stack_trace=True) as mode, DebugMode.dispatch_hooks(log_hook=count):
    Mixture()(torch.rand(2, 4)).sum().backward()
print(mode.debug_string(show_stack_trace=True))
