"""Advantages that are all equal have a deviation of 0.

Expected: value nan
"""
import torch

from proof import prove


def normalise(returns):
    adv = returns - returns.mean()
    sigma = adv.detach().std()
    adv /= sigma  # hazard
    return adv


prove(normalise, edge=[(torch.full((5,), 2.0),)], ordinary=[(torch.tensor([1.0, 2.0, 4.0]),)])
