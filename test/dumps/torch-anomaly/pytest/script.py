import torch

weights = torch.tensor([1.0, -1.0], requires_grad=True)


def distance(a, b):
    return torch.sqrt((a - b) ** 2).mean()  # blamed


def fit():
    torch.autograd.set_detect_anomaly(True)
    for step in range(5):
        target = torch.tensor([3.0, -1.0 if step == 3 else 1.0])
        loss = distance(weights, target)
        loss.backward()
        print(f"step {step} loss {loss.item():.4f}")


def test_fit():
    fit()
