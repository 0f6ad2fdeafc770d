"""A helper method clips; its call comes after the step.

Expected: loss nan
"""
import torch

from proof import report


class Runner:
    def __init__(self, model, optimizer, max_norm=1.0):
        self.model = model
        self.optimizer = optimizer
        self.max_norm = max_norm

    def clip_gradients(self):
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)

    def run(self, loader):
        losses = []
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            self.clip_gradients()  # hazard
            losses.append(loss.item())
        return losses


torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
runner = Runner(net, torch.optim.SGD(net.parameters(), lr=0.01))
losses = runner.run([(50 * torch.randn(64, 3), torch.randn(64, 1))] * 40)
bad = [value for value in losses if value != value]
report(not bad, f"loss {bad[0] if bad else losses[-1]}", losses[:1])
