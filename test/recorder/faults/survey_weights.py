"""A regression on survey answers, each weighted by the respondent's stratum."""
# group: forward
import torch
from lib.survey import weighted_mse
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import watching

torch.manual_seed(1)
features = torch.randn(240, 5)
answers = features @ torch.randn(5, 1) + 0.1 * torch.randn(240, 1)
weights = torch.rand(240, 1)
weights[96:112] = 0.0  # a stratum that the survey does not count

model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
loader = DataLoader(TensorDataset(features, answers, weights), batch_size=16)

rec = watching.Recorder(model, optimizer)
for epoch in range(2):
    total = 0.0
    for x, y, w in rec.watch(loader):
        optimizer.zero_grad(set_to_none=True)
        loss = weighted_mse(model(x), y, w)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: {total / len(loader):.4f}")
