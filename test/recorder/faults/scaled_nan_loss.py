"""Mixed precision with a gradient scaler; the loss turns bad and stays so."""
# group: precision
import torch
from torch import nn

import watching

torch.manual_seed(83)


class Energy(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.up = nn.Linear(8, width)
        self.down = nn.Linear(width, 1)

    def forward(self, x):
        square = self.up(x) ** 2  # cause
        share = square / square.sum(-1, keepdim=True)
        return self.down(share)


model = Energy()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
rec = watching.Recorder(model, optimizer)
x = torch.randn(24, 16, 8)
x[9:] *= 400
for batch in rec.watch(x):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        output = model(batch)
        loss = nn.functional.mse_loss(output.float(), batch[:, :1].sign())
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
