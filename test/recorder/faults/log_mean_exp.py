"""A custom autograd function for a pooled score, computed without the usual shift."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(41)


class LogMeanExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        powers = x.exp()  # cause
        total = powers.sum(-1, keepdim=True)
        ctx.save_for_backward(powers / total)
        return (total / x.shape[-1]).log().squeeze(-1)

    @staticmethod
    def backward(ctx, grad):
        (share,) = ctx.saved_tensors
        return grad.unsqueeze(-1) * share


class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.score = nn.Linear(4, 1)

    def forward(self, bag):
        return LogMeanExp.apply(self.score(bag).squeeze(-1))


scorer = Scorer()
optimizer = torch.optim.SGD(scorer.parameters(), lr=0.1)
rec = watching.Recorder(scorer, optimizer)
for step in rec.watch(range(25)):
    bags = torch.randn(8, 10, 4) * (1 + 3 * step)
    label = (bags[:, 0, 0] > 0).float()
    loss = nn.functional.binary_cross_entropy_with_logits(scorer(bags), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
