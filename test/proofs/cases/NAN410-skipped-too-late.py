"""A batch with a NaN is skipped, but only after its gradients are in the weights: from then on every batch is skipped.

Expected: the weights are nan
"""
import torch

from proof import report


def train(model, loader, optimizer):
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        if torch.isnan(loss):  # hazard
            continue
        losses.append(loss.item())
    return losses


torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
batches = [(torch.randn(16, 3), torch.randn(16, 1)) for _ in range(8)]
batches[3][0][0, 0] = float("nan")
kept = train(net, batches, torch.optim.SGD(net.parameters(), lr=0.1))
sound = bool(torch.isfinite(net.weight).all())
report(sound, "the weights are finite" if sound else "the weights are nan", kept[:3])
