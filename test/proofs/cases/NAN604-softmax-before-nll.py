r"""The loss picks out minus the probability: it is not below -1, and its gradient vanishes where the model is wrong.

Expected: last loss -0\.9\d+ at an accuracy of
"""
import torch
import torch.nn.functional as F

from wrong_loss import classes, verdict

torch.manual_seed(0)
net = torch.nn.Linear(3, 3)
optimizer = torch.optim.Adam(net.parameters(), lr=0.3)
losses = []

for x, y in classes(80):
    p = F.softmax(4 * net(x), dim=1)
    optimizer.zero_grad()
    loss = F.nll_loss(p, y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, (p.argmax(1) == y).float().mean())
