"""A loop with Lightning Fabric in bfloat16; a row of the attention is masked from end to end."""

import os
import sys
import warnings

import torch
from lightning.fabric import Fabric

import nanlens

warnings.filterwarnings("ignore")
out, on_anomaly = sys.argv[1], sys.argv[3]
torch.manual_seed(0)
fabric = Fabric(accelerator="cpu", precision="bf16-mixed")
model = torch.nn.Linear(8, 8)
optimizer = torch.optim.SGD(model.parameters(), 1e-2)
model, optimizer = fabric.setup(model, optimizer)
tokens = torch.randn(16, 4, 8)
lengths = torch.full((16,), 4)
if "HEALTHY" not in os.environ:
    lengths[9] = 0
data = torch.utils.data.TensorDataset(tokens, lengths)
loader = fabric.setup_dataloaders(torch.utils.data.DataLoader(data, batch_size=2))
rec = nanlens.Recorder(model, optimizer, out=out, on_anomaly=on_anomaly)
for words, length in rec.watch(loader):
    hidden = model(words)
    padding = torch.arange(4)[None, None, :] >= length[:, None, None]
    scores = (hidden @ hidden.transpose(1, 2)).masked_fill(padding, float("-inf"))
    attention = scores.softmax(-1)  # cause
    loss = (attention @ hidden).pow(2).mean()
    fabric.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
print("ended", all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters()))
