"""A custom Function whose backward divides by the norm that its forward clamped."""

import torch

torch.autograd.set_detect_anomaly(True)


class Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        norm = x.norm(dim=-1, keepdim=True)
        ctx.save_for_backward(x, norm)
        return x / norm.clamp(min=1e-6)

    @staticmethod
    def backward(ctx, grad):
        x, norm = ctx.saved_tensors
        unit = x / norm
        return (grad - unit * (grad * unit).sum(-1, keepdim=True)) / norm


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 3, bias=False)

    def forward(self, x):
        return Normalise.apply(self.layer(x))  # blamed


torch.manual_seed(1)
net = Net()
for iteration, scale in enumerate((1.0, 0.5, 0.0)):
    net(torch.ones(2, 3) * scale).sum().backward()
    print({"iter": iteration, "loss": 0.0}, flush=True)
