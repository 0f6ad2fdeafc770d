"""Two processes under torchrun; rank 1 has the bad sample and dies first."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

torch.autograd.set_detect_anomaly(True)


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return torch.log(torch.relu(self.layer(x)) * x).mean()  # blamed


def main():
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    torch.manual_seed(0)
    net = Pool()
    with torch.no_grad():
        net.layer.weight.fill_(0.1)
        net.layer.bias.fill_(0.1)
    model = DistributedDataParallel(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    for step in range(5):
        x = torch.ones(2, 4)
        if rank == 1 and step == 2:
            x[1, 3] = 0.0
        optimizer.zero_grad()
        loss = model(x)
        loss.backward()
        optimizer.step()
        print(f"[rank {rank}] step {step}: loss {loss.item():.4f}", flush=True)


main()
