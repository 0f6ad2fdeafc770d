r"""Encoder and decoder step each by its own optimizer, then both are clipped.

Expected: loss inf at step \d+, nan at the last
"""
import torch
from torch.nn.utils import clip_grad_norm_

from proof import train

torch.manual_seed(0)
encoder, decoder = torch.nn.Linear(3, 4), torch.nn.Linear(4, 1)
enc_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.01)
dec_optimizer = torch.optim.SGD(decoder.parameters(), lr=0.01)
x, y = 20 * torch.randn(64, 3), torch.randn(64, 1)


def train_step(step):
    enc_optimizer.zero_grad()
    dec_optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(decoder(encoder(x)), y)
    loss.backward()
    enc_optimizer.step()
    dec_optimizer.step()
    clip_grad_norm_(encoder.parameters(), 1.0)  # hazard
    clip_grad_norm_(decoder.parameters(), 1.0)  # hazard
    return loss.item()


train(train_step, steps=60)
