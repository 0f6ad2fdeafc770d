"""An optimizer step that was too large has broken a weight."""

import torch
from transformers.debug_utils import DebugUnderflowOverflow

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
debug = DebugUnderflowOverflow(model)
optimizer = torch.optim.SGD(model.parameters(), lr=1e38)
for step in range(4):
    loss = model(torch.rand(2, 3) * 5).square().mean()  # blamed
    loss.backward()
    optimizer.step()
    print({"loss": loss.item(), "step": step})
