"""A class that is neither predicted nor there has an empty union.

Expected: value nan
"""
import torch

from proof import prove


def iou(tp: torch.Tensor, fp, fn):
    return tp / (tp + fp + fn)  # hazard


def per_class(confusion):
    tp = torch.diagonal(confusion)
    return iou(tp, confusion.sum(0) - tp, confusion.sum(1) - tp)


prove(
    per_class,
    edge=[(torch.tensor([[3.0, 0.0], [0.0, 0.0]]),)],
    ordinary=[(torch.tensor([[3.0, 1.0], [2.0, 4.0]]),)],
)
