"""Matches sounds to captions with a layer and a loss of one's own, and with the usual culprits in both."""
import torch
import torch.nn as nn

WIDTH = 256


class Projection(nn.Module):
    """Two layers whose weights start at a standard deviation of 1."""

    def __init__(self):
        super().__init__()
        self.first = nn.Parameter(torch.randn(WIDTH, WIDTH))
        self.second = nn.Parameter(torch.randn(WIDTH, WIDTH))

    def forward(self, x):
        hidden = torch.relu(x @ self.first)
        return hidden @ self.second


def standardise(x):
    return (x - x.mean(dim=0)) / x.std(dim=0)


def angle_loss(sounds, captions):
    cosine = torch.nn.functional.cosine_similarity(sounds, captions, dim=-1)
    return torch.sqrt(1 - cosine**2).mean()


def spread_loss(scores):
    weights = torch.softmax(scores, dim=-1)
    return (weights * torch.log(weights)).sum(dim=-1).mean()


def batches(count, size=32, seed=0):
    g = torch.Generator().manual_seed(seed)
    for _ in range(count):
        x = torch.randn(size, WIDTH, generator=g)
        # a microphone that was switched off
        x[:, 0] = 0.0
        yield x, x + 0.01 * torch.randn(size, WIDTH, generator=g)


torch.manual_seed(0)
net = Projection()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step, (sounds, captions) in enumerate(batches(40)):
    optimizer.zero_grad()
    a, b = net(standardise(sounds)), net(standardise(captions))
    loss = angle_loss(a, b) + 0.01 * spread_loss(a)
    loss.backward()
    optimizer.step()
    print(f"step {step} loss {loss.item():.4f}")
