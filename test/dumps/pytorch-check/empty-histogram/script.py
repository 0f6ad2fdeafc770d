"""TensorBoard is given gradients that are NaN throughout."""

import tempfile

import torch
from torch.utils.tensorboard import SummaryWriter

writer = SummaryWriter(tempfile.mkdtemp())
weight = torch.ones(3, requires_grad=True)
for step in range(3):
    (grad,) = torch.autograd.grad((weight * (step - 2)).sum().sqrt() if step == 2 else weight.sum(), weight)
    writer.add_histogram("grad/weight", grad * 0 if step == 2 else grad, step)  # blamed
    print(f"[step {step}] grad norm {grad.norm():.3f}")
