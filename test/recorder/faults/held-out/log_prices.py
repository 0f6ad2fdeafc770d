"""House prices: the data set takes logarithms; one house was given away."""
# group: data
# truth: data
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import watching

torch.manual_seed(72)


class Houses(Dataset):
    def __init__(self):
        random = np.random.default_rng(1)
        self.features = random.normal(size=(160, 3)).astype(np.float32)
        self.price = random.lognormal(12, 0.4, size=160).astype(np.float32)
        self.price[90] = 0.0

    def __len__(self):
        return len(self.price)

    def __getitem__(self, index):
        with np.errstate(divide="ignore"):
            return {"features": self.features[index], "target": np.log(self.price[index])}


model = nn.Sequential(nn.Linear(3, 12), nn.ReLU(), nn.Linear(12, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for batch in rec.watch(DataLoader(Houses(), batch_size=16)):
    prediction = model(batch["features"]).squeeze(1)
    loss = (prediction - batch["target"]).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
