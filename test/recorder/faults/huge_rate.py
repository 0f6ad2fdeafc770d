"""Linear regression whose schedule multiplies the learning rate by 1e8 where 1e-8 was meant."""
# group: mechanics
# truth: before
import torch
from torch import nn

import watching

torch.manual_seed(55)
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=3e-2)
schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=1e8)
truth = torch.randn(4, 1)
rec = watching.Recorder(model, optimizer)


def train_epoch(batches):
    for x in rec.watch(batches):
        loss = nn.functional.l1_loss(model(x), x @ truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # cause
        print(f"loss {loss.item():.3e}")


for epoch in range(6):
    train_epoch(5 * torch.randn(3, 32, 4))
    if epoch < 5:
        schedule.step()
