"""Prints what a healthy run ended with, to the last bit: two runs trained alike exactly if they print the same."""

from __future__ import annotations

import hashlib
import json
import math

import torch


def report(models, losses) -> None:
    """Prints a hash of all parameters and buffers, one of all losses, and how many steps there were.

    Raises where a loss or a parameter is not finite: the script is then no healthy run.
    """
    weights, values = hashlib.sha256(), hashlib.sha256()
    for model in models if isinstance(models, (list, tuple)) else [models]:
        # A buffer may hold the -inf of a mask.
        bad = [name for name, parameter in model.named_parameters() if not bool(parameter.isfinite().all())]
        if bad:
            raise ValueError(f"not finite at the end: {bad}")
        for name, tensor in model.state_dict().items():
            weights.update(name.encode())
            weights.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    losses = [float(loss) for loss in losses]
    if not losses or not all(math.isfinite(loss) for loss in losses):
        raise ValueError(f"not every loss is finite: {losses}")
    for loss in losses:
        values.update(loss.hex().encode())
    print(json.dumps({"weights": weights.hexdigest(), "losses": values.hexdigest(), "steps": len(losses)}))
