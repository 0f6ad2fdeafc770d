r"""Two sigmoids leave only 0.5 to 0.73: with every answer right, the mean loss stays above 0.5.

Expected: last loss 0\.5\d+ at an accuracy of 1\.0
"""
import torch
import torch.nn.functional as F

from wrong_loss import classes, verdict

torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.3)
losses = []

for x, kind in classes(80):
    y = (kind == 1).float()
    scores = 4 * net(x).squeeze(1)
    optimizer.zero_grad()
    loss = F.binary_cross_entropy_with_logits(torch.sigmoid(scores), y)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, ((scores > 0) == (y > 0)).float().mean())
