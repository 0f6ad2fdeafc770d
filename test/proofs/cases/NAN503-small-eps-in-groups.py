"""1e-8 written out, in parameter groups, and the cast by dtype.

Expected: the weights are (nan|inf)
"""
import torch
from torch import nn, optim

from proof import report

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
net.to(dtype=torch.float16)
opt = optim.AdamW([{"params": net.parameters(), "weight_decay": 0.0}], lr=1e-3, eps=1e-8)  # hazard
x = torch.randn(64, 4).half()
y = (1e-3 * x).sum(dim=1, keepdim=True)
for step in range(5):
    opt.zero_grad()
    loss = nn.functional.mse_loss(net(x), y)
    loss.backward()
    opt.step()

weights = torch.cat([p.detach().float().flatten() for p in net.parameters()])
sound = bool(torch.isfinite(weights).all())
report(sound, f"the weights are {'finite' if sound else 'nan' if weights.isnan().any() else 'inf'}")
