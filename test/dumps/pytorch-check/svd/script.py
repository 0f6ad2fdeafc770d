"""A low-rank projection of an activation that overflowed."""

import torch


def project(x, rank):
    u, s, vh = torch.linalg.svd(x, full_matrices=False)  # blamed
    return u[:, :rank] * s[:rank] @ vh[:rank]


x = torch.ones(4, 4) + torch.eye(4)
for epoch, scale in enumerate([1.0, 1e20, float("inf")]):
    print(f"Epoch {epoch}: shape {tuple(project(x * scale - x * (scale / 2), 2).shape)}")
