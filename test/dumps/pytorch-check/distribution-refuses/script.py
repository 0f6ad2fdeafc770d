"""A policy whose mean is NaN: torch.distributions refuses it, and prints the tensor below."""

import torch
from torch.distributions import Normal


def act(mean):
    return Normal(mean, torch.ones(2)).sample()  # blamed


mean = torch.zeros(3, 2)
for update in range(1, 6):
    act(mean)
    print(f"update {update}: reward={-0.5 * update:.2f} policy_loss={0.1 / update:.4f}", flush=True)
    advantage = torch.ones(3) if update < 4 else torch.ones(1)
    mean = mean + (advantage - advantage.mean()).div(advantage.std()).nan_to_num().sum() if update < 4 else mean * (advantage.std())
