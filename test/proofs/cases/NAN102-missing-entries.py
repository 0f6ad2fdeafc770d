"""No worker has logged its tokens, so that they are summed to 0.

Expected: ZeroDivisionError
"""
import math

import torch

from proof import report


def bits(outputs):
    loss = sum(log.get("loss", 0) for log in outputs)
    tokens = sum(log.get("tokens", 0) for log in outputs)
    return loss / tokens / math.log(2)  # hazard


seen = bits([{"loss": 0.0}, {}])
report(math.isfinite(seen), f"bits {seen}", [bits([{"loss": 4.0, "tokens": 2}]), torch.tensor(1.0).item()])
