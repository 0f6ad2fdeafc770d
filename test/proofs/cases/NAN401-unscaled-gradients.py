r"""The gradients are unscaled already; a second unscale_ in one step would raise.

Expected: loss inf at step \d+, nan at the last
"""
import torch

from proof import train

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=10_000)
x, y = 50 * torch.randn(64, 3), torch.randn(64, 1)


def train_step(step):
    loss = torch.nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # hazard
    scaler.update()
    optimizer.zero_grad()
    return loss.item()


train(train_step, steps=300)
