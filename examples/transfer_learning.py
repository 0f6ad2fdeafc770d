"""Fine-tunes a pretrained encoder with a fresh classifier head on synthetic sensor windows.

The encoder is pretrained here, on a reconstruction task, so that the script needs no download.
"""

import argparse

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--lr", type=float, default=0.02)
parser.add_argument("--max-grad-norm", type=float, default=1.0)
parser.add_argument("--detect-anomaly", action="store_true")


class Classifier(nn.Module):
    def __init__(self, encoder, num_classes):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, num_classes))

    def forward(self, x):
        features = self.encoder(x)
        return self.head(features)


def sensor_windows(n):
    """n windows of 32 readings in 4 classes; a reading glitches once in a few hundred windows."""
    y = torch.randint(0, 4, (n,))
    x = torch.randn(n, 32) + torch.eye(4).repeat_interleave(8, 1)[y]
    glitch = torch.randperm(n)[: n // 400]
    x[glitch, 3] *= 500.0
    return x, y


def pretrain(encoder, x):
    decoder = nn.Linear(64, 32)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
    for batch in x.split(64):
        optimizer.zero_grad()
        nn.functional.mse_loss(decoder(encoder(batch)), batch).backward()
        optimizer.step()


def main():
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.autograd.set_detect_anomaly(args.detect_anomaly)

    encoder = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64))
    pretrain(encoder, torch.randn(4096, 32))
    model = Classifier(encoder, num_classes=4)
    loader = DataLoader(TensorDataset(*sensor_windows(4096)), batch_size=64, shuffle=True)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)

    for epoch in range(args.epochs):
        for i, (x, y) in enumerate(loader):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            torch.nn.utils.clip_grad_norm_(model.parameters(), args.max_grad_norm)
            if i % 16 == 0:
                print(f"epoch {epoch} iteration {epoch * len(loader) + i}: loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
