"""Uncertainty with nn.GaussianNLLLoss and a covariance from torch.linalg."""
# group: library
import torch
from torch import nn

import watching

torch.manual_seed(106)


class CovarianceNet(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.size = size
        self.mean = nn.Linear(4, size)
        self.factor = nn.Linear(4, size * size)

    def forward(self, x):
        factor = self.factor(x).view(-1, self.size, self.size)
        return self.mean(x), factor @ factor.transpose(1, 2)


def negative_log_likelihood(mean, covariance, y):
    gap = (y - mean).unsqueeze(-1)
    mahalanobis = gap.transpose(1, 2) @ torch.linalg.pinv(covariance.detach()) @ gap
    return 0.5 * (torch.logdet(covariance) + mahalanobis.flatten()).mean()  # cause


model = CovarianceNet()
nn.init.zeros_(model.factor.bias)
optimizer = torch.optim.Adam([{"params": model.mean.parameters()}, {"params": [model.factor.weight]}], lr=1e-3)
rec = watching.Recorder(model, optimizer)
x = torch.randn(12, 8, 4)
x[9, 2] = 0.0
for batch in rec.watch(x):
    mean, covariance = model(batch)
    loss = negative_log_likelihood(mean, covariance, batch[:, :2])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
