"""Portfolio weights trained for the Sharpe ratio; an assertion guards the loss."""
# group: exceptions
import torch
from torch import nn

import watching

torch.manual_seed(92)


class Allocator(nn.Module):
    def __init__(self, assets=4):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(assets, 16), nn.Tanh(), nn.Linear(16, assets))

    def forward(self, history):
        return self.net(history).softmax(-1)


def sharpe(returns):
    return returns.mean() / returns.std()  # cause


model = Allocator()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)
for month in rec.watch(range(15)):
    market = 0.01 * torch.randn(20, 4)
    if month == 10:
        market.zero_()  # the exchange was closed
    loss = -sharpe((model(market.roll(1, 0)) * market).sum(-1))
    assert torch.isfinite(loss), f"loss is {loss.item()} in month {month}"
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
