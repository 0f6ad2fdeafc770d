"""Backward and step are in a helper method: before its call there are no gradients yet, after it the step is made.

Fix: none, for the clip would have to move into the helper, which others may call
Expected: loss nan
"""
import torch

from proof import report


class Agent:
    def __init__(self, q_net):
        self.q_net = q_net
        self.optimizer = torch.optim.SGD(q_net.parameters(), lr=0.01)

    def _apply(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def learn(self, batches):
        losses = []
        for states, targets in batches:
            loss = torch.nn.functional.mse_loss(self.q_net(states), targets)
            self._apply(loss)
            torch.nn.utils.clip_grad_norm_(self.q_net.parameters(), 1.0)  # hazard
            losses.append(loss.item())
        return losses


torch.manual_seed(0)
losses = Agent(torch.nn.Linear(3, 1)).learn([(50 * torch.randn(64, 3), torch.randn(64, 1))] * 40)
bad = [value for value in losses if value != value]
report(not bad, f"loss {bad[0] if bad else losses[-1]}", losses[:1])
