"""Binary weights with a custom autograd function; its backward rescales by the share of open gates."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(40)


class Binarise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, limit):
        ctx.save_for_backward(weight)
        ctx.limit = limit
        return weight.sign()

    @staticmethod
    def backward(ctx, grad_output):
        (weight,) = ctx.saved_tensors
        passes = (weight.abs() <= ctx.limit).float()
        share = passes.mean()
        grad = grad_output * passes / share  # cause
        return grad, None


class BinaryLinear(nn.Module):
    def __init__(self, width_in, width_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width_out, width_in))
        self.limit = 3.0

    def forward(self, x):
        return x @ Binarise.apply(self.weight, self.limit).t()


model = nn.Sequential(BinaryLinear(6, 12), nn.ReLU(), nn.Linear(12, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for step, x in enumerate(rec.watch(torch.randn(30, 16, 6))):
    model[0].limit = 3.0 * 0.5**step  # the window closes
    y = (x[:, 0] > x[:, 1]).long()
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
