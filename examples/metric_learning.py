"""Learns an embedding of gestures in which two recordings of one gesture lie close together."""
import torch
from torch import nn

torch.manual_seed(0)
prototypes = torch.randn(10, 24)


def sample_pairs(n):
    """Two recordings a pair and whether both show the same gesture; a few are drawn twice."""
    a_id = torch.randint(0, 10, (n,))
    b_id = torch.where(torch.rand(n) < 0.5, a_id, torch.randint(0, 10, (n,)))
    a = prototypes[a_id] + 0.1 * torch.randn(n, 24)
    b = prototypes[b_id] + 0.1 * torch.randn(n, 24)
    same_recording = (torch.rand(n, 1) < 0.0002) & (a_id == b_id)[:, None]
    return a, torch.where(same_recording, a, b), (a_id == b_id).float()


def contrastive_loss(za, zb, same, margin=1.0):
    squared = (za - zb).pow(2).sum(dim=1)
    distance = torch.sqrt(squared)
    return (same * squared + (1 - same) * (margin - distance).clamp(min=0).pow(2)).mean()


embed = nn.Sequential(nn.Linear(24, 64), nn.Tanh(), nn.Linear(64, 8))
optimizer = torch.optim.Adam(embed.parameters(), lr=1e-3)

for step in range(300):
    a, b, same = sample_pairs(128)
    loss = contrastive_loss(embed(a), embed(b), same)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 25 == 0:
        print(f"[{step}/300] contrastive loss {loss.item():.4f}")
