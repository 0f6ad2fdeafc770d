"""PPO on a small control task of its own: rollouts, then several epochs of minibatches."""
import torch
from fingerprint import report
from torch import nn
from torch.distributions import Normal

import watching

torch.manual_seed(18)


class Cart:
    """Sixteen carts on a line, to be brought to rest at 0."""

    def __init__(self, count=16):
        self.state = torch.randn(count, 2)

    def step(self, force):
        position, speed = self.state.unbind(1)
        speed = 0.9 * speed + 0.2 * force.clamp(-1, 1)
        self.state = torch.stack([position + 0.2 * speed, speed], 1)
        return self.state, -self.state.pow(2).sum(1)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
        self.critic = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
        self.log_deviation = nn.Parameter(torch.zeros(1))

    def forward(self, state):
        return Normal(self.actor(state).squeeze(1), self.log_deviation.exp()), self.critic(state).squeeze(1)


@torch.no_grad()
def rollout(model, length=12):
    cart, steps = Cart(), []
    for _ in range(length):
        state = cart.state
        policy, value = model(state)
        force = policy.sample()
        _, reward = cart.step(force)
        steps.append((state, force, policy.log_prob(force), value, reward))
    states, forces, old, values, rewards = (torch.stack(part) for part in zip(*steps))
    returns = rewards.flip(0).cumsum(0).flip(0) / length
    return [part.flatten(0, 1) for part in (states, forces, old, returns - values, returns)]


model = ActorCritic()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, eps=1e-5)
rec = watching.Recorder(model, optimizer)
losses = []
for _ in rec.watch(range(10)):
    states, forces, old, advantages, returns = rollout(model)
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    for _ in range(3):
        for rows in torch.randperm(len(states)).split(64):
            policy, value = model(states[rows])
            ratio = (policy.log_prob(forces[rows]) - old[rows]).exp()
            gain = torch.min(ratio * advantages[rows], ratio.clamp(0.8, 1.2) * advantages[rows])
            loss = -gain.mean() + 0.5 * (value - returns[rows]).pow(2).mean() - 0.01 * policy.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            losses.append(loss.item())
report(model, losses)
