r"""Two labels of a row hold at once. The cross-entropy never falls below what two classes that share one probability
cost, and half a probability is no yes.

Expected: probability 0\.[0-5]\d*
"""
import torch
import torch.nn.functional as F

from proof import report

ids = torch.tensor([[0, 1]])
multi_hot = F.one_hot(ids, 4).sum(dim=1).clamp(max=1).float()
logits = torch.zeros(1, 4, requires_grad=True)
optimizer = torch.optim.Adam([logits], lr=0.5)
for _ in range(200):
    optimizer.zero_grad()
    loss = F.cross_entropy(logits, multi_hot)  # hazard
    loss.backward()
    optimizer.step()
binary = torch.sigmoid(logits)[0, 0].item()
share = torch.softmax(logits, dim=1)[0, 0].item()
floor = loss.item()
report(floor < 0.1 and binary > 0.9, f"probability {share} at a loss of {floor}")
