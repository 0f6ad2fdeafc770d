"""The exception is swallowed: the warning alone cannot say whether it was about NaN."""

import torch

torch.autograd.set_detect_anomaly(True)
for step in range(6):
    x = torch.full((3,), 2.0 - step, requires_grad=True)
    try:
        (x * torch.relu(x).log()).sum().backward()
    except RuntimeError:
        pass
    print(f"step {step} done", flush=True)
