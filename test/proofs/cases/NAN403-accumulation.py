"""Accumulated over two micro-batches: the clip moves into the block of the step.

Expected: loss nan
"""
import torch

from proof import report


def fit(model, optimizer, loader, every=2, max_norm=1.0):
    losses = []
    for i, (x, y) in enumerate(loader):
        loss = torch.nn.functional.mse_loss(model(x), y) / every
        losses.append(loss.item())
        if i % every == 0:
            optimizer.zero_grad()
        # keep them small
        if max_norm:
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)  # hazard
        loss.backward()
        if (i + 1) % every == 0:
            optimizer.step()
    return losses


torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
batches = [(50 * torch.randn(64, 3), torch.randn(64, 1))] * 80
seen = fit(net, torch.optim.SGD(net.parameters(), lr=0.01), batches)
bad = [value for value in seen if value != value]
report(not bad, f"loss {bad[0] if bad else seen[-1]}", seen[:2])
