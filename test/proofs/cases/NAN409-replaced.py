"""nan_to_num in front of backward: the log shows 0 while the weights are NaN.

Expected: last loss 0.0, weights nan
"""
import torch
from torch import nn

from proof import report


class Distance(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, 3)

    def forward(self, a, b):
        return (self.embed(a) - self.embed(b)).pow(2).sum(1).sqrt().log().mean()


def train(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for a, b in batches:
        optimizer.zero_grad()
        loss = model(a, b)
        loss = torch.nan_to_num(loss, nan=0.0, neginf=0.0)  # hazard
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


torch.manual_seed(0)
batches = [(torch.randn(8, 4), torch.randn(8, 4)) for _ in range(6)]
batches[3][1][0] = batches[3][0][0]
model = Distance()
try:
    losses = train(model, batches)
    weights = model.embed.weight.sum().item()
    report(weights == weights, f"last loss {losses[-1]}, weights {weights}")
except FloatingPointError as error:
    report(True, f"stopped: {error}")
