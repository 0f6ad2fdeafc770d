r"""Two leaves of a script with an ordinary rate: the first loss is tens of millions, and then it is no number.

Expected: loss nan
"""
import torch

from proof import report

torch.manual_seed(0)
D_in, H, D_out = 1000, 100, 10
x, y = torch.randn(64, D_in), torch.randn(64, D_out)
w1 = torch.randn(D_in, H, requires_grad=True)  # hazard
w2 = torch.randn(H, D_out, requires_grad=True)  # hazard
for _ in range(50):
    loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).mean()
    loss.backward()
    with torch.no_grad():
        w1 -= 0.01 * w1.grad
        w2 -= 0.01 * w2.grad
        w1.grad = None
        w2.grad = None
report(loss.item() < 10, f"loss {loss.item()}")
