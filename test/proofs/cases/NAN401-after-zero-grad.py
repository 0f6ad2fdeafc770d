r"""The clip comes after zero_grad, and its norm is logged: it is 0 for ever.

Expected: loss inf at step \d+, nan at the last
"""
import torch as th

from proof import train

th.manual_seed(0)
net = th.nn.Sequential(th.nn.Linear(3, 8), th.nn.Tanh(), th.nn.Linear(8, 1))
opt = th.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
x, y = th.randn(32, 3), 1000 * th.randn(32, 1)
norms = []


def run_step(step):
    loss = th.nn.functional.mse_loss(net(x), y)
    loss.backward()
    opt.step()
    opt.zero_grad(set_to_none=True)
    norm = th.nn.utils.clip_grad_norm_(net.parameters(), 5.0)  # hazard
    norms.append(float(norm))
    return loss.item()


train(run_step, steps=150)
