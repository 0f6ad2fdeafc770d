"""A plain loop that prints each finished step; the entropy of a relu'd distribution takes log(0)."""

import torch

torch.manual_seed(0)
torch.autograd.set_detect_anomaly(True)


def entropy(p):
    return -(p * torch.log(p)).sum()  # blamed


weight = torch.full((6,), 0.5, requires_grad=True)
optimizer = torch.optim.SGD([weight], lr=0.2)
for step in range(50):
    optimizer.zero_grad()
    loss = entropy(torch.relu(weight)) + weight.sum()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        weight[0] -= 0.1
    print(f"step {step} loss {loss.item():.4f}", flush=True)
