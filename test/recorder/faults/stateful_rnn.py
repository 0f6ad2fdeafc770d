"""Truncated backpropagation: the hidden state of a recurrent cell is carried from chunk to chunk."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(64)


class LeakyCell(nn.Module):
    def __init__(self, width_in, width):
        super().__init__()
        self.input = nn.Linear(width_in, width)
        self.recur = nn.Linear(width, width, bias=False)
        with torch.no_grad():
            self.recur.weight.copy_(torch.eye(width) * 3.0)

    def forward(self, x, h):
        outputs = []
        for t in range(x.shape[1]):
            h = torch.relu(self.input(x[:, t]) + self.recur(h))  # cause
            outputs.append(h)
        return torch.stack(outputs, 1), h


cell = LeakyCell(3, 6)
readout = nn.Linear(6, 1)
optimizer = torch.optim.SGD([*cell.parameters(), *readout.parameters()], lr=1e-5)
rec = watching.Recorder([cell, readout], optimizer)
series = torch.randn(4, 160, 3)
hidden = torch.zeros(4, 6)
for chunk in rec.watch(series.split(8, dim=1)):
    states, hidden = cell(chunk, hidden.detach())
    loss = (torch.tanh(readout(states * 1e-30)) - chunk[..., :1]).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item(), hidden.abs().max().item())
