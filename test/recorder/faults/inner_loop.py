"""First steps of MAML: an inner update with functional_call, an outer one with Adam."""
# group: backward
import torch
from torch import nn
from torch.func import functional_call

import watching

torch.manual_seed(47)


class Sine(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1))

    def forward(self, x):
        return self.net(x)


def root_mean_square(prediction, target):
    return (prediction - target).pow(2).mean().sqrt()  # cause


def adapt(model, parameters, x, y, lr=0.05):
    loss = root_mean_square(functional_call(model, parameters, (x,)), y)
    gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
    return {name: p - lr * g for (name, p), g in zip(parameters.items(), gradients)}


model = Sine()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for task in rec.watch(range(10)):
    x = torch.rand(10, 1) * 4 - 2
    y = torch.sin(x + task)
    if task == 6:
        y = model(x).detach()  # a task that needs nothing to be learnt
    adapted = adapt(model, dict(model.named_parameters()), x, y)
    loss = (functional_call(model, adapted, (x,)) - y).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
