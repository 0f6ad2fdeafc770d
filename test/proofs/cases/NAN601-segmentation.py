"""one_hot puts the classes last, cross_entropy looks for them in the second place: the shapes do not fit.

Expected: RuntimeError: only batches of spatial targets supported
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from proof import report

loss_fn = nn.CrossEntropyLoss()


def segmentation_loss(logits, mask):
    target = F.one_hot(mask, num_classes=4)
    return loss_fn(logits, target)  # hazard


torch.manual_seed(0)
logits, mask = torch.randn(2, 4, 3, 3), torch.randint(0, 4, (2, 3, 3))
wanted = F.nll_loss(F.log_softmax(logits, 1), mask).item()
loss = segmentation_loss(logits, mask).item()
report(abs(loss - wanted) < 1e-6, f"loss {loss}, of class ids {wanted}")
