"""A classifier whose loss takes the logarithm of a probability that becomes exactly 0."""
import torch
from torch.utils.data import DataLoader, TensorDataset


def negative_log_likelihood(scores, labels):
    chosen = torch.softmax(scores, dim=1).gather(1, labels[:, None])
    return -torch.log(chosen).mean()  # blamed


def train(model, loader, optimizer, epoch):
    model.train()
    for index, (inputs, labels) in enumerate(loader):
        optimizer.zero_grad()
        loss = negative_log_likelihood(model(inputs), labels)
        loss.backward()
        optimizer.step()
        if index % 4 == 0:
            print(f"epoch {epoch} batch {index} loss {loss.item():.4f}")


def main():
    torch.manual_seed(0)
    inputs = torch.randn(64, 4)
    labels = (inputs[:, 0] < 0).long()
    inputs[50] *= 1e6
    inputs[51], labels[51] = -inputs[50], labels[50]
    loader = DataLoader(TensorDataset(inputs, labels), batch_size=8)
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for epoch in range(2):
        train(model, loader, optimizer, epoch)


if __name__ == "__main__":
    main()
