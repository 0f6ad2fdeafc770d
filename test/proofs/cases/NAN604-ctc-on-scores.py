r"""Scores that are no logarithms of probabilities: another loss, which may even be negative, as no likelihood can.

Expected: loss -\d+\.\d+ where log-probabilities give \d+\.\d+
"""
import torch
from torch import nn

from proof import report

torch.manual_seed(0)
frames = 3 * torch.randn(12, 4, 6)
targets, lengths = torch.randint(1, 5, (4, 3)), torch.full((4,), 3)
model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 5))
nn.init.ones_(model[2].bias)
ctc = nn.CTCLoss(zero_infinity=True)

wanted = ctc(torch.log_softmax(model(frames), -1), targets, torch.full((4,), 12), lengths).item()
loss = ctc(model(frames), targets, torch.full((4,), 12), lengths).item()  # hazard
report(abs(loss - wanted) < 1e-4, f"loss {loss:.4f} where log-probabilities give {wanted:.4f}")
