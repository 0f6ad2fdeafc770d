"""Whitens each channel of a spectrogram before a small convolution."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(10)


class Whiten(nn.Module):
    def forward(self, x):
        mean = x.mean(dim=(0, 2), keepdim=True)
        std = x.std(dim=(0, 2), keepdim=True)
        return (x - mean) / std  # cause


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(Whiten(), nn.Conv1d(4, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten())
        self.classify = nn.Linear(8, 3)

    def forward(self, x):
        return self.classify(self.layers(x))


def recordings():
    for i in range(10):
        sound = torch.randn(8, 4, 32)
        if i == 7:
            sound[:, 2] = 0.5  # the microphone of this channel was unplugged
        yield sound, torch.randint(0, 3, (8,))


net = Net()
optimizer = torch.optim.Adam(net.parameters())
rec = watching.Recorder(net, optimizer)
criterion = nn.CrossEntropyLoss()
for sound, label in rec.watch(recordings()):
    optimizer.zero_grad()
    criterion(net(sound), label).backward()
    optimizer.step()
