"""The second phase forgot to scale its loss, and the step divides its gradients by the scale all the same. Only a GPU runs
it as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch
from torch import nn

from half_precision import verdict

torch.manual_seed(0)
scaler = torch.amp.GradScaler("cuda")


def warm_up(model, x, y, optimizer):
    optimizer.zero_grad()
    with torch.autocast("cuda"):
        loss = nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()


def train(model, x, y, optimizer, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = nn.functional.mse_loss(model(x), y)
        loss.backward()  # hazard
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    return losses


net = nn.Linear(8, 1)
sgd = torch.optim.SGD(net.parameters(), lr=0.05)
inputs = torch.randn(256, 8)
targets = inputs.sum(dim=1, keepdim=True)
warm_up(net, inputs, targets, sgd)
verdict(train(net, inputs, targets, sgd, 60))
