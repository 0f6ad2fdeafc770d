"""A loop of Accelerate whose weights by inverse counts meet a class that does not occur."""
import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
accelerator = Accelerator(cpu=True)
inputs = torch.randn(48, 5)
labels = torch.arange(48) % 3
labels[32:] = labels[32:] % 2
model = torch.nn.Linear(5, 3)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
loader = DataLoader(TensorDataset(inputs, labels), batch_size=16)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
for epoch in range(2):
    for rows, classes in loader:
        optimizer.zero_grad()
        losses = torch.nn.functional.cross_entropy(model(rows), classes, reduction="none")
        members = torch.nn.functional.one_hot(classes, 3).float()
        loss = (members * losses[:, None]).sum(0) / members.sum(0)  # blamed
        accelerator.backward(loss.mean())
        optimizer.step()
