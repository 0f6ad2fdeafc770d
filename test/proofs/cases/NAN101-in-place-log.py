"""log_ on importance weights that underflow, outside the graph.

Expected: value -inf
"""
import torch

from proof import prove


@torch.no_grad()
def log_weights(scores):
    w = torch.softmax(scores, dim=0)
    w.log_()  # hazard
    return w.sum()


prove(log_weights, edge=[(torch.tensor([0.0, 200.0]),)], ordinary=[(torch.tensor([0.0, 2.0]),)])
