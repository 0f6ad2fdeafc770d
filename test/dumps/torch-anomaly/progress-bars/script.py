"""tqdm bars before, between and after the warning and the traceback."""

import torch
from tqdm import tqdm

torch.autograd.set_detect_anomaly(True)
w = torch.ones(5, requires_grad=True)
for epoch in range(2):
    bar = tqdm(range(20), desc=f"epoch {epoch}", mininterval=0)
    for i in bar:
        mask = (torch.arange(5) < (0 if epoch == 1 and i == 7 else 3)).float()
        loss = (w * mask).sum() / mask.sum()  # blamed
        loss = (loss * 0 + w.sum()) if epoch == 0 or i < 7 else loss * 0
        loss.backward()
        bar.set_postfix(loss=loss.item())
