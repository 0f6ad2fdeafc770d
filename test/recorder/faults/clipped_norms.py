"""Group lasso on the rows of a layer, with gradient clipping that touches every parameter."""
# group: backward
import torch
from torch import nn

import watching

torch.manual_seed(46)


class Sparse(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(10, 6)
        self.second = nn.Linear(6, 1)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))

    def group_lasso(self):
        squares = self.first.weight.square().sum(dim=1)
        return torch.sqrt(squares).sum()  # cause


@torch.no_grad()
def drop_weak_rows(layer, below):
    weak = layer.weight.norm(dim=1) < below
    layer.weight[weak] = 0.0


model = Sparse()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
rec = watching.Recorder(model, optimizer)
for step, x in enumerate(rec.watch(torch.randn(50, 32, 10))):
    loss = (model(x) - x[:, :1]).pow(2).mean() + 0.05 * model.group_lasso()
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    if step == 20:
        drop_weak_rows(model.first, below=0.45)
    if step % 10 == 0:
        print(step, f"loss {loss.item():.3f} norm {norm.item():.3f}")
