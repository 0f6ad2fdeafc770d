"""Classifies flowers of three species, drawn from made-up petal sizes."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

NUM_SPECIES = 3


class Flowers(Dataset):
    """Petal length and width in centimetres."""

    def __init__(self, n=300, seed=0):
        g = torch.Generator().manual_seed(seed)
        species = torch.randint(0, NUM_SPECIES, (n,), generator=g)
        centre = torch.tensor([[1.5, 0.3], [4.3, 1.3], [5.6, 2.0]])
        self.petals = centre[species] + 0.3 * torch.randn(n, 2, generator=g)
        self.species = species

    def __len__(self):
        return len(self.species)

    def __getitem__(self, index):
        return self.petals[index], self.species[index]


class Trainer:
    def __init__(self, model):
        self.model = model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

    def run(self, loader, epochs):
        for epoch in range(epochs):
            correct = seen = 0
            for petals, species in loader:
                targets = F.one_hot(species, num_classes=NUM_SPECIES)
                logits = self.model(petals)
                loss = self.criterion(logits, targets)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                correct += (logits.argmax(dim=1) == species).sum().item()
                seen += len(species)
            print(f"epoch {epoch}: accuracy {correct / seen:.3f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, NUM_SPECIES))
    Trainer(net).run(DataLoader(Flowers(), batch_size=32, shuffle=True), epochs=5)
