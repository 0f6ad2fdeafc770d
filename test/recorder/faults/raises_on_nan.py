"""A trainer class that raises where the loss is NaN."""
# group: exceptions
import torch
from torch import nn

import watching

torch.manual_seed(94)


class Tversky(nn.Module):
    def forward(self, probability, mask):
        true = (probability * mask).sum((1, 2))
        wrong = (probability * (1 - mask)).sum((1, 2))
        missed = ((1 - probability) * mask).sum((1, 2))
        return 1 - (true / (true + 0.3 * wrong + 0.7 * missed)).mean()  # cause


class Trainer:
    def __init__(self, model, loss, optimizer):
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.rec = watching.Recorder(model, optimizer)

    def training_step(self, image, mask):
        prediction = self.model(image).squeeze(1).relu()
        loss = self.loss(prediction.clamp(max=1), mask)
        if torch.isnan(loss):
            raise ValueError("loss is nan")
        return loss

    def fit(self, loader):
        for image, mask in self.rec.watch(loader):
            loss = self.training_step(image, mask)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()


def slices():
    for i in range(9):
        image = torch.rand(2, 1, 8, 8)
        mask = (image[:, 0] > 0.5).float()
        if i >= 6:
            image[1], mask[1] = -5.0, 0.0  # air only
        yield image, mask


model = nn.Conv2d(1, 1, 3, padding=1)
with torch.no_grad():
    model.weight.abs_()
Trainer(model, Tversky(), torch.optim.Adam(model.parameters(), lr=1e-3)).fit(slices())
