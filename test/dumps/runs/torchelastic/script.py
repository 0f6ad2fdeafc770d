"""torchrun with a log folder: a stdout.log and a stderr.log for each process, one of which meets the NaN."""

import os
import pathlib
import subprocess
import sys

if "RANK" not in os.environ:
    logs = pathlib.Path(sys.argv[1], "logs")
    launch = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "--redirects", "3", "--log-dir", str(logs)]
    subprocess.run([sys.executable, *launch, os.path.abspath(__file__), sys.argv[1]], check=False)
    (run,) = logs.iterdir()
    os.rename(run, logs / "none_run")
    os.rename(logs, pathlib.Path(sys.argv[1], "dump"))
    sys.exit()

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(0)
torch.autograd.set_detect_anomaly(True)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


def distance(a, b):
    return torch.sqrt(((a - b) ** 2).sum(-1)).mean()  # blamed


for step in range(6):
    x = torch.randn(8, 4)
    out = model(x)
    target = out.detach().clone() if rank == 1 and step == 4 else torch.randn(8, 1)
    loss = distance(out, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step} loss {loss.item():.4f}", flush=True)
