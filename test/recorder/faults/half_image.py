"""Images are stored in half precision; one has values that half cannot hold."""
# group: data
# truth: data
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import watching

torch.manual_seed(73)
raw = torch.rand(64, 1, 6, 6) * 1000
raw[41] *= 90  # a hot pixel map in raw counts
stored = raw.to(torch.float16)
labels = torch.randint(0, 2, (64,))
net = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
rec = watching.Recorder(net, optimizer)
for images, target in rec.watch(DataLoader(TensorDataset(stored, labels), batch_size=8)):
    loss = nn.functional.cross_entropy(net(images.float()), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
