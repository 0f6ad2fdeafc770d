"""backward inside the block, and the loss made outside it: what counts is the half-precision forward. Only a GPU runs it
as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch as th

from half_precision import small_signals, verdict


def fit(model, criterion, optimizer, data):
    losses = []
    for x, y in data:
        with th.amp.autocast(device_type="cuda", dtype=th.float16):
            output = model(x)
            loss = criterion(output, y)
            loss.backward()  # hazard
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


th.manual_seed(0)
net = th.nn.Linear(64, 64, bias=False)
th.nn.init.zeros_(net.weight)
verdict(fit(net, th.nn.MSELoss(), th.optim.AdamW(net.parameters(), lr=2e-6), small_signals(40)))
