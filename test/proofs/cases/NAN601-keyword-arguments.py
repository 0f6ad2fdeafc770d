"""Target and input by keyword, the other way round, in another integer type.

Expected: RuntimeError: Expected floating point type for target with class probabilities, got Int
"""
import torch as th

from proof import report

logits, ids = th.tensor([[1.0, 2.0, 3.0]]), th.tensor([2])
loss = th.nn.functional.cross_entropy(target=th.nn.functional.one_hot(ids, 3).int(), input=logits)  # hazard
report(abs(loss.item() - 0.4076059) < 1e-5, f"loss {loss.item()}")
