"""Three losses in turn, each failure caught and printed with its traceback; the run goes on."""

import traceback

import torch

torch.autograd.set_detect_anomaly(True)


def ratio(a):
    return (a / (a - a)).sum() * 0  # blamed


def entropy(a):
    return -(a * a.log()).sum()


def length(a):
    return (a * 1.0).norm(p=0.5)


for loss in (ratio, entropy, length):
    a = torch.zeros(3, requires_grad=True)
    print("trying", loss.__name__, flush=True)
    try:
        loss(a).backward()
        print("  fine, gradient", a.grad.tolist(), flush=True)
    except RuntimeError:
        traceback.print_exc()
