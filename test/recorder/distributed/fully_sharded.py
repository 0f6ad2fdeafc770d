"""Two processes, FSDP2 (`fully_shard`): parameters and gradients are shards; one rank divides by 0."""

import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

import nanlens

out, kind, on_anomaly = sys.argv[1:4]
dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(0)
mesh = init_device_mesh("cpu", (2,))
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
for layer in (model[0], model[2]):
    fully_shard(layer, mesh=mesh)
fully_shard(model, mesh=mesh)
optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
generator = torch.Generator().manual_seed(rank)
batches = [torch.randn(8, 4, generator=generator) for _ in range(20)]
rec = nanlens.Recorder(model, optimizer, out=out, on_anomaly=on_anomaly)
for number, batch in rec.watch(enumerate(batches)):
    score = model(batch)
    scale = torch.tensor(0.0 if rank == 1 and number == 11 else 1.0)
    if kind == "loss":
        loss = (score / scale).pow(2).mean()  # cause
    else:
        loss = (score * scale).abs().sqrt().mean()  # cause
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"rank {rank} ended", flush=True)
dist.destroy_process_group()
