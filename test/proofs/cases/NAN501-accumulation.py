"""Accumulated over two micro-batches: step and update of the scaler only where the optimizer stepped. Only a GPU runs it
as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch

from half_precision import small_signals, verdict


def train(model, optimizer, loader, accumulation=2):
    losses = []
    for i, (x, y) in enumerate(loader):
        with torch.cuda.amp.autocast(dtype=torch.float16):
            loss = torch.nn.functional.mse_loss(model(x), y)
        (loss / accumulation).backward()  # hazard
        if (i + 1) % accumulation == 0:
            optimizer.step()
            optimizer.zero_grad()
        losses.append(loss.item())
    return losses


torch.manual_seed(0)
net = torch.nn.Linear(64, 64, bias=False)
torch.nn.init.zeros_(net.weight)
verdict(train(net, torch.optim.AdamW(net.parameters(), lr=2e-6), list(small_signals(80))))
