"""Four micro-batches to a step, with a progress bar; one of them holds a row of zeros whose length is divided by."""
import torch
from tqdm import tqdm


class Cosine(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.project = torch.nn.Linear(6, 3, bias=False)

    def forward(self, rows):
        projected = self.project(rows)
        return projected / projected.pow(2).sum(-1, keepdim=True).sqrt()  # blamed


torch.manual_seed(2)
model = Cosine()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
batches = list(torch.randn(16, 5, 6))
batches[9][2] = 0
for index, batch in enumerate(tqdm(batches, desc="train")):
    loss = (model(batch) - 0.5).square().mean() / 4
    loss.backward()
    if (index + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
