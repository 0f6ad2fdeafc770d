"""A decorated training step with activation checkpointing, and guarded inference after it."""
import torch
from fingerprint import report
from torch import nn
from torch.utils.checkpoint import checkpoint

import watching

torch.manual_seed(11)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Dropout(0.2)) for _ in range(3))
        self.out = nn.Linear(8, 1)

    def forward(self, x):
        for i, block in enumerate(self.blocks):
            x = checkpoint(block, x, use_reentrant=i == 1) if self.training else block(x)
        return self.out(x)


model = Net()
optimizer = torch.optim.NAdam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)


@rec.step
def train_step(x):
    optimizer.zero_grad()
    loss = (model(x) - x.mean(1, keepdim=True)).pow(2).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


losses = [train_step(torch.randn(8, 8)) for _ in range(40)]
model.eval()
with torch.no_grad(), rec.guard():
    losses.append(model(torch.randn(4, 8)).mean().item())
report(model, losses)
