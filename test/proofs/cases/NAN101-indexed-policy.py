"""REINFORCE: the class's forward ends in a softmax, the chosen actions are indexed, then logged.

Expected: value inf, gradient nan
"""
import torch
from torch import nn

from proof import prove


class Policy(nn.Module):
    def forward(self, x):
        return torch.softmax(x, dim=-1)


policy = Policy()


def reinforce(states, actions, returns):
    probs = policy(states)
    chosen = probs[torch.arange(len(actions)), actions]
    return -(chosen.log() * returns).mean()  # hazard


prove(
    reinforce,
    edge=[(torch.tensor([[0.0, 150.0]]), torch.tensor([0]), torch.tensor([1.0]))],
    ordinary=[(torch.tensor([[0.0, 1.0]]), torch.tensor([0]), torch.tensor([1.5]))],
)
