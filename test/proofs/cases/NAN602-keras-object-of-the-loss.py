r"""A loop of one's own: a subclass whose last layer has no activation, an object of the loss.

Expected: last loss [1-9]\d*\.\d+ at an accuracy of
"""
import keras
import torch

from wrong_loss import classes, verdict


class Classifier(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(3)

    def call(self, x):
        return self.out(x)


keras.utils.set_random_seed(0)
model = Classifier()
loss_fn = keras.losses.SparseCategoricalCrossentropy()
losses = []
for x, y in classes(40):
    out = model(x)
    loss = loss_fn(y, out)  # hazard
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for weight in model.parameters():
            weight -= 5.0 * weight.grad
    losses.append(float(loss))

verdict(losses, (out.argmax(1) == y).float().mean())
