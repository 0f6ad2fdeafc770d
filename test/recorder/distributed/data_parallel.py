"""Two processes, DistributedDataParallel; the data of one rank has a step whose loss or gradient is bad.

    torchrun --nproc-per-node 2 data_parallel.py OUT loss|gradient|quiet|healthy|broken raise|warn

In a `broken` run all data is good, and the recorder of one rank has an error of its own. NANLENS_OFF: no recorder.
"""

import hashlib
import os
import sys

import torch
import torch.distributed as dist
from torch import nn

import nanlens

out, kind, on_anomaly = sys.argv[1:4]
dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(0)
model = nn.parallel.DistributedDataParallel(
    nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 1))
)
optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
generator = torch.Generator().manual_seed(rank)
batches = [torch.randn(8, 4, generator=generator) for _ in range(20)]
is_guilty = rank == 1
steps = enumerate(batches)
if "NANLENS_OFF" not in os.environ:
    rec = nanlens.Recorder(model, optimizer, out=out, on_anomaly=on_anomaly)
    steps = rec.watch(steps)
for number, batch in steps:
    if kind == "broken" and is_guilty and number == 5:
        del rec._run.history
    score = model(batch)
    is_bad = is_guilty and number == 11 and kind not in ("healthy", "broken")
    scale = torch.tensor(0.0 if is_bad else 1.0)
    if kind in ("loss", "healthy", "broken"):
        loss = (score / scale).pow(2).mean()  # cause
    elif kind == "gradient":
        loss = (score * scale).abs().sqrt().mean()  # cause
    else:
        # The loss of one rank is NaN, and none of its gradients: the others see nothing.
        loss = nn.functional.cross_entropy(score.detach().repeat(1, 3), torch.full((8,), -100 if is_bad else 1))  # cause
        loss = torch.where(torch.isnan(loss), loss.detach(), loss) + 0 * score.mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    shown = loss.detach().clone()
    dist.all_reduce(shown)  # as loops do that log: every process must come here as often


def digest(tensors):
    """Of values, to the last bit."""
    result = hashlib.sha256()
    for tensor in tensors:
        result.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return result.hexdigest()


states = [value for state in optimizer.state.values() for value in state.values()]
shared, own = digest([*model.parameters(), *states]), digest(model.buffers())
sys.stdout.write(f"rank {rank} ended at {shared} and {own}\n")
dist.destroy_process_group()
