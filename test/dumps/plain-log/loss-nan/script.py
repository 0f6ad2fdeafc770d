"""An ordinary script: the loss grows, then is NaN, and nothing stops the run."""

import torch

torch.manual_seed(0)
w = torch.randn(3, requires_grad=True)
for epoch in range(2):
    for it in range(40):
        loss = ((w**2).sum() - 1) ** 2
        (gradient,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w -= 0.4 * gradient
        if it % 2 == 0:
            print(f"epoch {epoch} | it {it:3d} | loss {loss.item():.6g} | grad_norm {gradient.norm().item():.3e}")
