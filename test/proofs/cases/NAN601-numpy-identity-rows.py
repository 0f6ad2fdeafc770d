r"""Rows of NumPy's identity matrix, made a float tensor; the loss has class weights.

Expected: loss \d+\.\d+ where class ids give \d+\.\d+
"""
import numpy as np
import torch

from proof import report

labels = np.array([0, 0])
targets = torch.tensor(np.eye(3)[labels], dtype=torch.float32)
criterion = torch.nn.CrossEntropyLoss(weight=torch.tensor([0.1, 1.0, 1.0]))
logits = torch.tensor([[0.1, 0.2, 0.3], [0.5, 0.0, -1.0]])
wanted = -torch.log_softmax(logits, dim=1)[:, 0].mean().item()
loss = criterion(logits, targets).item()  # hazard
report(abs(loss - wanted) < 1e-5, f"loss {loss} where class ids give {wanted}")
