"""Detects rare defects on a line with a focal loss, so that the many good parts do not drown them."""

import os

import torch
import torch.nn as nn
import torch.nn.functional as F


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, class_weights=None):
        super().__init__()
        self.gamma = gamma
        self.softmax = nn.Softmax(dim=-1)
        self.register_buffer("class_weights", class_weights)

    def forward(self, logits, target):
        probs = self.softmax(logits)
        log_probs = torch.log(probs)
        p_t = probs.gather(-1, target[:, None]).squeeze(-1)
        log_p_t = log_probs.gather(-1, target[:, None]).squeeze(-1)
        loss = -((1 - p_t) ** self.gamma) * log_p_t
        if self.class_weights is not None:
            loss = loss * self.class_weights[target]
        return loss.mean()


def parts(n, generator):
    """Measurements of n parts in millimetres and grams, 2 % of them defective."""
    defective = (torch.rand(n, generator=generator) < 0.02).long()
    length = 120.0 + torch.randn(n, generator=generator)
    weight = 40.0 + 2.0 * torch.randn(n, generator=generator)
    weight = weight - 8.0 * defective
    roughness = torch.rand(n, generator=generator) + defective
    return torch.stack([length, weight, roughness], dim=1), defective


if __name__ == "__main__":
    torch.manual_seed(3)
    if os.environ.get("DETECT_ANOMALY") == "1":
        torch.autograd.set_detect_anomaly(True)

    g = torch.Generator().manual_seed(3)
    net = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 2))
    criterion = FocalLoss(class_weights=torch.tensor([0.25, 0.75]))
    opt = torch.optim.AdamW(net.parameters(), lr=0.03)

    for it in range(200):
        x, y = parts(256, g)
        loss = criterion(net(x), y)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if it % 5 == 0:
            recall = (net(x).argmax(1)[y == 1] == 1).float().mean()
            print(f"it {it:3d} | loss {loss:.5f} | recall {recall:.2f}")
