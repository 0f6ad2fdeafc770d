"""PyTorch's TransformerEncoder on padded sets of points."""
# group: library
import torch
from torch import nn

import watching

torch.manual_seed(101)


class SetModel(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.embed = nn.Linear(3, width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 2)

    def forward(self, points, padding):
        x = self.embed(points)
        attended, weights = self.attention(x, x, x, key_padding_mask=padding)  # cause
        return self.out(self.norm(x + attended).mean(1))


model = SetModel()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(10)):
    lengths = torch.randint(1, 9, (6,))
    if step == 6:
        lengths[3] = 0
    padding = torch.arange(8)[None] >= lengths[:, None]
    points = torch.randn(6, 8, 3)
    loss = nn.functional.cross_entropy(model(points, padding), (lengths > 4).long())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
