"""A Gaussian policy whose distribution checks its parameters."""
# group: exceptions
import torch
from torch import nn
from torch.distributions import Normal

import watching

torch.manual_seed(90)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(3, 2)
        self.spread = nn.Linear(3, 2)

    def forward(self, state):
        return self.mean(state), torch.sqrt(self.spread(state) + 1.6)  # cause


policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=2e-2)
rec = watching.Recorder(policy, optimizer)
for state in rec.watch(torch.randn(60, 16, 3) * 0.7):
    mean, scale = policy(state)
    action = Normal(mean, scale)
    target = state[:, :2]
    loss = -action.log_prob(target).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
