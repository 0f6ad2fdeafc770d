r"""The actor's optimizer has stepped when the actor is clipped; the critic's has not.

Expected: loss inf at step \d+, nan at the last
"""
import torch
from torch.nn.utils import clip_grad_norm_

from proof import train

torch.manual_seed(0)
actor, critic = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
actor_opt = torch.optim.SGD(actor.parameters(), lr=0.01)
critic_opt = torch.optim.SGD(critic.parameters(), lr=0.01)
obs, ret = 50 * torch.randn(64, 3), torch.randn(64, 1)


def update(step):
    loss = (actor(obs) - ret).pow(2).mean() + (ret - critic(obs)).pow(2).mean()
    actor_opt.zero_grad()
    critic_opt.zero_grad()
    loss.backward()
    actor_opt.step()
    clip_grad_norm_(actor.parameters(), 0.5)  # hazard
    clip_grad_norm_(critic.parameters(), 0.5)
    critic_opt.step()
    return loss.item()


train(update, steps=40)
