r"""CTC adds up exponentials of what it is given: of scores it falls below 0, as no likelihood of a sequence can.

Expected: last loss -\d+\.\d+
"""
import torch
from torch import nn

from wrong_loss import verdict

torch.manual_seed(0)
frames = torch.randn(12, 4, 6)
targets, lengths = torch.randint(1, 5, (4, 3)), torch.full((4,), 3)
model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 5))
ctc = nn.CTCLoss(zero_infinity=True)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
losses = []

for _ in range(200):
    optimizer.zero_grad()
    loss = ctc(model(frames), targets, torch.full((4,), 12), lengths)  # hazard
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

verdict(losses, 1.0)
