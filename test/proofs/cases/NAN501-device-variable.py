"""The device is CUDA where there is one: the scaler must take the same device, or it is off where the code runs.

Expected: did not learn
"""
import torch

from half_precision import small_signals, verdict

device = "cuda" if torch.cuda.is_available() else "cpu"


def train(model, loader, optimizer):
    losses = []
    model.to(device)
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast(device_type=device, dtype=torch.float16):
            loss = torch.nn.functional.mse_loss(model(x.to(device)), y.to(device))
        loss.backward()  # hazard
        optimizer.step()
        losses.append(loss.item())
    return losses


torch.manual_seed(0)
net = torch.nn.Linear(64, 64, bias=False)
torch.nn.init.zeros_(net.weight)
verdict(train(net, small_signals(40), torch.optim.AdamW(net.parameters(), lr=2e-6)))
