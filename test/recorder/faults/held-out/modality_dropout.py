"""Fusion of three modalities, each of which is dropped at random while training."""
# group: mechanics
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(51)


class Fusion(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.encoders = nn.ModuleDict({name: nn.Linear(4, width) for name in ("audio", "video", "text")})
        self.classify = nn.Linear(width, 3)

    def forward(self, inputs):
        features = torch.stack([encoder(inputs[name]) for name, encoder in self.encoders.items()], dim=1)
        keep = F.dropout(torch.ones(features.shape[:2]), p=0.15, training=self.training)
        weights = keep / keep.sum(dim=1, keepdim=True)  # cause
        return self.classify((features * weights[..., None]).sum(1))


model = Fusion()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for step in rec.watch(range(100)):
    inputs = {name: torch.randn(12, 4) for name in ("audio", "video", "text")}
    label = torch.randint(0, 3, (12,))
    loss = F.cross_entropy(model(inputs), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
