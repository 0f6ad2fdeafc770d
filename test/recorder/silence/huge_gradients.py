"""Gradients of 1e25, finite every one, whose Euclidean norm float32 cannot hold."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(7)
model = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-27)
rec = watching.Recorder(model, optimizer)
losses = []
for x in rec.watch(torch.randn(30, 8, 5)):
    loss = 1e25 * nn.functional.mse_loss(model(x), x[:, :1])
    optimizer.zero_grad()
    loss.backward()
    norms = torch._foreach_norm([p.grad for p in model.parameters()])
    assert any(bool(norm.isinf()) for norm in norms) and all(bool(p.grad.isfinite().all()) for p in model.parameters())
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
