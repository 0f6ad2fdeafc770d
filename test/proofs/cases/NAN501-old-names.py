"""The names of torch.cuda.amp. Only a GPU runs it as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in
its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch
import torch.nn.functional as F
from torch.cuda.amp import autocast

from half_precision import small_signals, verdict


def train_epoch(model, loader, optimizer):
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        with autocast():
            loss = F.mse_loss(model(x), y)
        loss.backward()  # hazard
        optimizer.step()
        losses.append(loss.item())
    return losses


torch.manual_seed(0)
net = torch.nn.Linear(64, 64, bias=False)
torch.nn.init.zeros_(net.weight)
verdict(train_epoch(net, small_signals(40), torch.optim.AdamW(net.parameters(), lr=2e-6)))
