"""Discrete codes by PyTorch's gumbel_softmax, with a temperature that falls linearly."""
# group: library
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(107)
STEPS = 16


class Coder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Linear(8, 6)
        self.decode = nn.Linear(6, 8, bias=False)

    def forward(self, x, tau):
        code = F.gumbel_softmax(self.encode(x), tau=tau, hard=True)  # cause
        return self.decode(code)


model = Coder()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)
for step, x in enumerate(rec.watch(torch.randn(STEPS, 24, 8))):
    tau = 1.0 - step / (STEPS - 1)
    loss = F.mse_loss(model(x, tau), x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
