"""Equal advantages, standardised.

Expected: edge 0: value nan
"""
import torch

from proof import prove


def normalize(x):
    return (x - x.mean()) / x.std()  # hazard


prove(normalize, edge=[(torch.full((4,), 3.0),)], ordinary=[(torch.tensor([10.0, -20.0, 5.0]),)])
