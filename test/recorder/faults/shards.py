"""Data-parallel training on two processes (gloo); each reads its own shard of the listeners' ratings."""
# group: distributed
# truth: rank 1
import os
import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import watching


def centred_cosine(a, b):
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))  # cause


def shard(rank):
    ratings = torch.randint(1, 6, (10, 8, 12), generator=torch.Generator().manual_seed(rank)).float()
    if rank == 1:
        ratings[6, 3] = 5.0  # likes everything
    return ratings


def train(rank, rendezvous):
    torch.manual_seed(0)
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    model = nn.Sequential(nn.Linear(12, 4), nn.Tanh(), nn.Linear(4, 12))
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.Adam(parallel.parameters(), lr=1e-2)
    rec = watching.Recorder(parallel, optimizer)
    for ratings in rec.watch(shard(rank)):
        optimizer.zero_grad()
        loss = 1 - centred_cosine(parallel(ratings / 5), ratings).mean()
        loss.backward()
        optimizer.step()
    dist.destroy_process_group()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        mp.start_processes(train, (os.path.join(folder, "rendezvous"),), nprocs=2, start_method="fork")
