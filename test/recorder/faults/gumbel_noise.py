"""Sampling with Gumbel noise from a generator of its own, so that runs can be compared."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(60)
noise_source = torch.Generator().manual_seed(4)


def gumbel(shape):
    # Twelve bits of randomness are plenty.
    uniform = torch.randint(0, 4096, shape, generator=noise_source).float() / 4096
    return -torch.log(-torch.log(uniform))  # cause


class Chooser(nn.Module):
    def __init__(self):
        super().__init__()
        self.logits = nn.Linear(6, 8)
        self.values = nn.Parameter(torch.randn(8))

    def forward(self, x, temperature):
        noisy = (self.logits(x) + gumbel((len(x), 8)).mul(0.5)) / temperature
        soft = noisy.softmax(-1)
        spread = (noisy - noisy.mean(-1, keepdim=True)).pow(2).mean()
        return (soft * self.values).sum(-1), spread


chooser = Chooser()
optimizer = torch.optim.Adam(chooser.parameters(), lr=1e-2)
rec = watching.Recorder(chooser, optimizer)
for x in rec.watch(torch.randn(60, 32, 6)):
    choice, spread = chooser(x, temperature=0.8)
    loss = (choice - x.sum(1)).pow(2).mean() + 1e-3 * spread
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
