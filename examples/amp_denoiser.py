"""Denoises strain-gauge traces in mixed precision; strains are of the order of 1e-4."""
import torch
from torch import nn

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)


class Denoiser(nn.Module):
    def __init__(self, samples=256, width=256):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(samples, width), nn.GELU(), nn.Linear(width, width), nn.GELU())
        self.head = nn.Linear(width, samples)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        return self.head(self.body(1e4 * x))


def batches(count, batch_size=128, samples=256):
    t = torch.linspace(0, 1, samples)
    for _ in range(count):
        frequency = 1 + 4 * torch.rand(batch_size, 1)
        clean = 1e-4 * torch.sin(2 * torch.pi * frequency * t)
        yield (clean + 5e-5 * torch.randn_like(clean)).to(device), clean.to(device)


model = Denoiser().to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
mse = nn.MSELoss()

for i, (noisy, clean) in enumerate(batches(100)):
    optimizer.zero_grad()
    with torch.autocast(device_type=device, dtype=torch.float16):
        loss = mse(model(noisy), clean)
    loss.backward()
    optimizer.step()
    if i % 10 == 0:
        gradients = torch.cat([p.grad.flatten() for p in model.parameters()])
        print(f"{i:4d}  loss {loss.item():.3e}  largest gradient {gradients.abs().max():.3e}")
