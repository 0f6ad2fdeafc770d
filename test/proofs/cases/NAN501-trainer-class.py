"""Model and optimizer are attributes: the scaler must be made once, in the constructor, not in each step. Only a GPU
runs it as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch
from torch import amp

from half_precision import small_signals, verdict


class Trainer:
    def __init__(self, model, optimizer):
        self.model = model
        self.optimizer = optimizer

    def training_step(self, x, y):
        with amp.autocast("cuda"):
            loss = (self.model(x) - y).square().mean()
        self.optimizer.zero_grad()
        loss.backward()  # hazard
        self.optimizer.step()
        return loss.item()


torch.manual_seed(0)
net = torch.nn.Linear(64, 64, bias=False)
torch.nn.init.zeros_(net.weight)
trainer = Trainer(net, torch.optim.AdamW(net.parameters(), lr=2e-6))
verdict([trainer.training_step(x, y) for x, y in small_signals(40)])
