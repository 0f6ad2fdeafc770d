"""The model as a whole is the first to give NaN: its own arithmetic, not that of a part."""

import torch
from transformers.debug_utils import DebugUnderflowOverflow


class Ratio(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.top = torch.nn.Linear(3, 2, bias=False)
        self.bottom = torch.nn.Linear(3, 2, bias=False)

    def forward(self, x):
        return self.top(x) / self.bottom(x)


torch.manual_seed(0)
model = Ratio()
debug = DebugUnderflowOverflow(model)
for step in range(3):
    model(torch.full((1, 3), 2.0 - step))  # blamed
    print(f"step {step} ok")
