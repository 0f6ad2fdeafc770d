r"""As floating-point numbers a one-hot is legal and taken for probabilities: with class weights the mean is then divided
by the batch's size, not by the weights of its labels. Another loss, finite and wrong.

Expected: loss 0\.\d+ where class ids give 0\.\d+
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from proof import report

criterion = nn.CrossEntropyLoss(weight=torch.tensor([0.1, 1.0, 1.0]))


def step(logits, labels):
    target = F.one_hot(labels, 3).float()
    return criterion(logits, target)  # hazard


logits, labels = torch.tensor([[0.1, 0.2, 0.3], [0.5, 0.0, -1.0]]), torch.tensor([0, 0])
log_p = F.log_softmax(logits, dim=1)
wanted = -log_p[:, 0].mean().item()
loss = step(logits, labels).item()
report(abs(loss - wanted) < 1e-5, f"loss {loss} where class ids give {wanted}")
