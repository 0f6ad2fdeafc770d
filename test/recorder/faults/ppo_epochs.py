"""PPO on a bandit with contexts: several optimizer steps for each rollout."""
# group: mechanics
import torch
from torch import nn

import watching

torch.manual_seed(65)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 32), nn.Tanh())
        self.actor = nn.Linear(32, 3)
        self.critic = nn.Linear(32, 1)

    def forward(self, state):
        h = self.body(state)
        return self.actor(h).log_softmax(-1), self.critic(h).squeeze(-1)


def rollout(policy, size=64):
    state = torch.randn(size, 4)
    with torch.no_grad():
        log_probability, value = policy(state)
    action = torch.multinomial(log_probability.exp(), 1).squeeze(1)
    reward = (action == state[:, :3].argmax(1)).float() * 5
    taken = log_probability.gather(1, action[:, None]).squeeze(1)
    return state, action, taken, reward - value


def surrogate(new, old, advantage, clip=0.2):
    ratio = torch.exp(new - old)
    return -torch.min(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage).mean()


def approximate_kl(new, old):
    return (torch.exp(old - new) - 1 - (old - new)).mean()  # cause


policy = ActorCritic()
optimizer = torch.optim.Adam(policy.parameters(), lr=0.9)
warm_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda iteration: 1.0 + iteration)
rec = watching.Recorder(policy, optimizer)
for iteration in rec.watch(range(12)):
    state, action, old, advantage = rollout(policy)
    for epoch in range(6):
        log_probability, value = policy(state)
        new = log_probability.gather(1, action[:, None]).squeeze(1)
        loss = surrogate(new, old, advantage) + 0.5 * (value - advantage).pow(2).mean()
        loss = loss + 1e-6 * approximate_kl(new, old)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    warm_up.step()
