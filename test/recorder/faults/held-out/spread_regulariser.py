"""Variance regularisation of embeddings (as in VICReg), with the deviation from the variance."""
# group: backward
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(35)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 6))

    def forward(self, x):
        return self.net(x)


def variance_term(z, target=1.0):
    deviation = z.var(dim=0).sqrt()  # cause
    return F.relu(target - deviation).mean()


encoder = Encoder()
optimizer = torch.optim.SGD(encoder.parameters(), lr=0.02)
rec = watching.Recorder(encoder, optimizer)
data = torch.randn(30, 24, 8)
data[17] = data[17, 0]  # the sampler drew one sample again and again
for step, x in enumerate(rec.watch(data)):
    z1, z2 = encoder(x), encoder(x + 0.05 * torch.randn_like(x))
    loss = 25 * F.mse_loss(z1, z2) + variance_term(z1) + variance_term(z2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print("step", step, "loss", loss.item())
