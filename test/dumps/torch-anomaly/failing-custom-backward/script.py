"""The same warning for an exception of the user's own backward. There is no NaN here."""

import torch

torch.autograd.set_detect_anomaly(True)


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.factors, None


Scale.apply(torch.ones(3, requires_grad=True), 2.0).sum().backward()
