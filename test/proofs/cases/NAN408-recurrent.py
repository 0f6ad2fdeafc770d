"""A recurrent network on sequences of ever the same length; one recording is a thousand times as loud. Its gradient is the
weights' end.

Expected: loss (nan|inf) at step
"""
import torch
from torch import nn

from proof import train


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(1, 16, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


torch.manual_seed(0)
model = Counter()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
batches = [torch.randn(32, 20, 1) for _ in range(60)]
batches[20] = batches[20] * 1000
losses = []
for x in batches:
    optimizer.zero_grad()
    loss = (model(x) - x.mean(1)).pow(2).mean()
    loss.backward()
    optimizer.step()  # hazard
    losses.append(loss.item())
# The loud batch itself is no fault of the training.
del losses[20]
train(losses.__getitem__, len(losses))
