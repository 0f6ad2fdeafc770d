"""Updates of less than 1/2000 of a weight change nothing in float16, and small gradients are 0 before that.

Expected: did not learn
"""
import torch

from half_precision import small_signals, verdict


def train(model, loader):
    model.half()  # hazard
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    losses = []
    for x, y in loader:
        x, y = x.half(), y.half()
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x).float(), y.float())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


torch.manual_seed(0)
net = torch.nn.Linear(64, 64, bias=False)
torch.nn.init.zeros_(net.weight)
verdict(train(net, small_signals(40)))
