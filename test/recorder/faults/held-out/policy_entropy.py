"""REINFORCE on a bandit, with an entropy bonus computed from the probabilities."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(7)


class Policy(nn.Module):
    def __init__(self, arms=4):
        super().__init__()
        self.preferences = nn.Parameter(torch.zeros(arms))

    def forward(self):
        return torch.softmax(self.preferences, dim=0)


def entropy(probabilities):
    return -(probabilities * probabilities.log()).sum()  # cause


payoff = torch.tensor([0.1, 0.2, 5.0, 0.3])
policy = Policy()
optimizer = torch.optim.SGD(policy.parameters(), lr=25.0)
rec = watching.Recorder(policy, optimizer)

for episode in rec.watch(range(80)):
    probabilities = policy()
    arm = torch.multinomial(probabilities.detach(), 1).item()
    advantage = payoff[arm] - 0.15
    chosen = torch.log_softmax(policy.preferences, dim=0)[arm]
    loss = -advantage * chosen - 0.01 * entropy(probabilities)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
