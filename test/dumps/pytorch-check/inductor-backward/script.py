"""The same checks in a compiled backward pass."""

import torch
import torch._inductor.config

torch._inductor.config.nan_asserts = True
weight = torch.tensor([3.0, 1.0, 0.0], requires_grad=True)


@torch.compile
def norm(x):
    return x.mul(2.0).square().sum().sqrt()


for step in range(3):
    loss = norm(weight[2 - step :] - weight[2 - step :].detach().sum() * (step == 1))
    loss.backward()  # blamed
    print("step", step, "loss", loss.item())
