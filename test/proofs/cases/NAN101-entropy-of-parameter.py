"""A parameter that is called probabilities: nothing but its role is known.

Expected: value nan, gradient nan
"""
import torch

from proof import prove


def entropy_of(probs: torch.Tensor) -> torch.Tensor:
    """Shannon entropy in nats; probs has shape (batch, classes)."""
    return -(probs * torch.log(probs)).sum(dim=-1)  # hazard


prove(entropy_of, edge=[(torch.tensor([[0.0, 1.0]]),)], ordinary=[(torch.tensor([[0.25, 0.75]]),)])
