"""A one-dimensional radiance field: transmittance by a cumulative product, an opacity prior on its logarithm."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(14)


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, t):
        density, colour = self.net(t[..., None]).unbind(-1)
        return nn.functional.softplus(density * 10), colour.sigmoid()


def render(density, colour, spacing):
    alpha = 1 - torch.exp(-density * spacing)
    transmittance = torch.cumprod(1 - alpha, dim=-1)
    visible = transmittance * alpha
    return (visible * colour).sum(-1), transmittance[..., -1]


field = Field()
optimizer = torch.optim.Adam(field.parameters(), lr=0.05)
rec = watching.Recorder(field, optimizer)
for step in rec.watch(range(60)):
    t = torch.rand(16, 48).sort(dim=-1).values
    colour, background = render(*field(t), spacing=0.5)
    prior = torch.log(background).mean()  # cause
    loss = (colour - 0.9).pow(2).mean() + 0.05 * prior
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
