"""The default eps of 1e-8 is 0 in float16, and so is the square of a small gradient: 0 divided by 0 in the first step.

Expected: the weights are (nan|inf)
"""
import torch

from proof import report


def train(model, x, y):
    model = model.half()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # hazard
    for _ in range(3):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x.half()), y.half())
        loss.backward()
        optimizer.step()
    return model


torch.manual_seed(0)
net = torch.nn.Linear(8, 1)
inputs = torch.randn(32, 8)
inputs[:, 3] = 0.0
trained = train(net, inputs, inputs.sum(dim=1, keepdim=True))
weights = trained.weight.float().detach()
sound = bool(torch.isfinite(weights).all())
report(sound, f"the weights are {'finite' if sound else 'nan' if weights.isnan().any() else 'inf'}")
