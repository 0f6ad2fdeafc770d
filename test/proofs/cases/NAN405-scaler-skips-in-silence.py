r"""A scaler skips every step once the gradients are NaN, in silence: no check of the loss.

Expected: loss nan
Named: Error detected in PowBackward0[\s\S]*normalised\.pow
"""
import torch

from proof import report


class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=1.0)

    def loss(self, x):
        x = self.model(x)
        normalised = x / x.norm(dim=1, keepdim=True)
        return normalised.pow(2).sum(1).mean()

    def fit(self, loader):
        losses = []
        for x in loader:
            loss = self.loss(x)
            self.optimizer.zero_grad()
            self.scaler.scale(loss).backward()  # hazard
            self.scaler.step(self.optimizer)
            self.scaler.update()
            losses.append(loss.item())
        return losses


torch.manual_seed(0)
batches = [torch.randn(4, 3) for _ in range(6)]
for batch in batches[4:]:
    batch[0] = 0.0
losses = Trainer(torch.nn.Linear(3, 2, bias=False)).fit(batches)
report(losses[-1] == losses[-1], f"loss {losses[-1]} at the last of {len(losses)} steps", losses)
