"""A trainer written by hand; the exponential of an unbounded score overflows."""
import torch


class Runner:
    def __init__(self, width):
        self.model = torch.nn.Linear(width, 1)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-3)

    def loss(self, inputs):
        rate = torch.exp(self.model(inputs))  # blamed
        return (rate - 1.0).square().mean()

    def training_step(self, inputs):
        self.optimizer.zero_grad()
        loss = self.loss(inputs)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, batches, epochs):
        for epoch in range(epochs):
            for batch in batches:
                self.training_step(batch)


torch.manual_seed(3)
batches = list(torch.randn(10, 8, 4) * 0.1)
batches[6][0] = 1e3 * torch.ones(4)
runner = Runner(4)
with torch.no_grad():
    runner.model.weight.copy_(runner.model.weight.abs() + 0.1)
runner.fit(batches, epochs=3)
