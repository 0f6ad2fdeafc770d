"""Attention in float16 autocast on the CPU, with the scale applied after the product."""
# group: precision
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(81)


class Attention(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, 4)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        scores = q @ k.transpose(1, 2)  # cause
        scores = scores / x.shape[-1] ** 0.5
        return self.out((scores.softmax(-1) @ v).mean(1))


model = Attention()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
rec = watching.Recorder(model, optimizer)
x = torch.randn(12, 4, 10, 32)
x[8:] *= 150  # the rest of the files was not normalised
for batch in rec.watch(x):
    with torch.autocast("cpu", dtype=torch.float16):
        loss = F.cross_entropy(model(batch), batch[:, 0, :4].argmax(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
