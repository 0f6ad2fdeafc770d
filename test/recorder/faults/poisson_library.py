"""Counts of visitors with nn.PoissonNLLLoss and an embedding for each shop."""
# group: library
import torch
from torch import nn

import watching

torch.manual_seed(108)


class Visitors(nn.Module):
    def __init__(self, shops=12):
        super().__init__()
        self.shop = nn.Embedding(shops, 1)
        self.weekday = nn.Embedding(7, 1)

    def forward(self, shop, weekday):
        return (self.shop(shop) + self.weekday(weekday)).squeeze(-1)


model = Visitors()
criterion = nn.PoissonNLLLoss(log_input=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(30)):
    shop, weekday = torch.randint(0, 12, (20,)), torch.randint(0, 7, (20,))
    visitors = torch.poisson(3.0 + shop.float())
    if step == 17:
        visitors[3] = 20260.0  # a year in the column of counts
    loss = criterion(model(shop, weekday), visitors)  # cause
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
