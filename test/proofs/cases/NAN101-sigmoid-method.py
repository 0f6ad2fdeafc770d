"""Method of a method, where the functional module is not imported.

Expected: value inf, gradient nan
"""
import torch

from proof import prove


def reward_ranking_loss(chosen, rejected):
    margin = chosen - rejected
    return -margin.sigmoid().log().mean()  # hazard


prove(
    reward_ranking_loss,
    edge=[(torch.tensor([0.0]), torch.tensor([200.0]))],
    ordinary=[(torch.tensor([0.0, 1.0]), torch.tensor([2.0, -1.0]))],
)
