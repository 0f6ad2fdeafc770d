"""Model, optimizer and scheduler are attributes, the clip has another name.

Expected: loss nan
"""
import torch
from torch.nn.utils import clip_grad_norm_ as clip

from proof import report


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        self.scheduler = torch.optim.lr_scheduler.ConstantLR(self.optimizer, factor=1.0)
        self.losses = []

    def fit(self, loader):
        for x, y in loader:
            loss = (self.model(x) - y).pow(2).mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.scheduler.step()
            clip(self.model.parameters(), 1.0)  # hazard
            self.losses.append(loss.item())


torch.manual_seed(0)
trainer = Trainer(torch.nn.Linear(3, 1), lr=0.01)
trainer.fit([(50 * torch.randn(64, 3), torch.randn(64, 1))] * 40)
bad = [value for value in trainer.losses if value != value]
report(not bad, f"loss {bad[0] if bad else trainer.losses[-1]}", trainer.losses[:1])
