"""The loss is NaN in forward, is printed before backward, and only then does anomaly mode stop the run."""

import torch

torch.autograd.set_detect_anomaly(True)
torch.manual_seed(0)
layer = torch.nn.Linear(4, 1)
for step in range(10):
    x = torch.ones(2, 4) * (1e30 if step == 3 else 1.0)
    out = layer(x)
    loss = (out.abs().exp() - out.abs().exp()).sum()
    print(f"[{step:>3}] train_loss={loss.item():.3f} lr={0.1}", flush=True)
    loss.backward()
