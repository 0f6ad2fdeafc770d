"""LBFGS with its closure, then Adam with one."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(10)
model = nn.Linear(5, 2)
x, losses = torch.randn(64, 5), []
y = x[:, :2] * 3 + 1


def train(optimizer, steps):
    rec = watching.Recorder(model, optimizer)
    for _ in rec.watch(range(steps)):

        def closure():
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())


train(torch.optim.LBFGS(model.parameters(), lr=0.5, line_search_fn="strong_wolfe"), 6)
train(torch.optim.Adam(model.parameters(), lr=1e-3), 30)
report(model, losses)
