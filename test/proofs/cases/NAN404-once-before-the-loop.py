r"""zero_grad is called, but only once, before the loop.

Expected: did not learn
"""
import torch

from half_precision import verdict


def fit(net, opt, x, y, steps):
    losses = []
    opt.zero_grad()
    for _ in range(steps):
        loss = ((net(x) - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()  # hazard
        opt.step()
    return losses


torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
inputs = torch.randn(64, 4)
targets = inputs.sum(dim=1, keepdim=True)
verdict(fit(model, torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9), inputs, targets, 100))
