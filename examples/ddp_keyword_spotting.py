"""Keyword spotting with a learned filter bank, data parallel:
torchrun --nproc-per-node 2 ddp_keyword_spotting.py
"""

import argparse
import os

import torch
import torch.distributed as dist
import torch.nn as nn
from torch.nn.parallel import DistributedDataParallel


class FilterBank(nn.Module):
    """Log energies of learned bands; audio is (batch, samples), the result (batch, bands)."""

    def __init__(self, bands=16):
        super().__init__()
        self.conv = nn.Conv1d(1, bands, kernel_size=32, stride=16, bias=False)

    def forward(self, audio):
        energy = self.conv(audio.unsqueeze(1)).relu().mean(dim=-1)
        return torch.log(energy)


class KeywordNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.features = FilterBank()
        self.classifier = nn.Linear(16, classes)

    def forward(self, audio):
        return self.classifier(self.features(audio))


def clips(batch_size, rank, step):
    """Half-second clips at 1 kHz; from its fifth batch on, the second shard holds muted recordings."""
    y = torch.randint(0, 4, (batch_size,))
    t = torch.arange(500) / 1000
    audio = torch.sin(2 * torch.pi * 50 * (1 + y[:, None]) * t) + 0.1 * torch.randn(batch_size, 500)
    if rank == 1 and step >= 4:
        audio[0] = 0.0
    return audio, y


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--detect-anomaly", action="store_true")
    args = parser.parse_args()

    dist.init_process_group("gloo")
    rank = dist.get_rank()
    torch.manual_seed(100 + rank)
    torch.autograd.set_detect_anomaly(args.detect_anomaly)
    model = DistributedDataParallel(KeywordNet())
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_fn = nn.CrossEntropyLoss()
    for step in range(args.steps):
        audio, y = clips(16, rank, step)
        loss = loss_fn(model(audio), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"[rank {rank}/{os.environ['WORLD_SIZE']}] step {step} loss {loss.item():.4f}", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
