"""With a GradScaler: before the step the gradients are scaled by 65536, so a clip that is merely moved would shrink
every update to nothing, and the model would not learn. The gradients must be unscaled first.

Expected: did not learn
"""
import torch

from proof import report

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
scaler = torch.amp.GradScaler("cpu", growth_interval=10_000)
x = torch.randn(64, 3)
y = x @ torch.tensor([[1.0], [-2.0], [3.0]])
losses = []


def batch(step):
    """Every tenth batch holds one reading that is far off."""
    spoilt = x.clone()
    if step % 10 == 5:
        spoilt[0] *= 300.0
    return spoilt


for step in range(120):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        prediction = model(batch(step))
    loss = torch.nn.functional.mse_loss(prediction.float(), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # hazard
    losses.append(loss.item())

calm = losses[-4]
verdict = "learned" if calm < 0.1 * losses[0] else "did not learn"
report(verdict == "learned", f"{verdict}: loss {losses[0]:.4g} at first, {calm:.4g} in the end", losses[:1])
