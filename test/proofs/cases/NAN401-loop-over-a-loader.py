"""A head on a frozen encoder, in a loop over a loader, with momentum, a scheduler and a comment above the clip.

Expected: loss nan
"""
import torch
import torch.nn as nn

from proof import report

torch.manual_seed(0)
encoder = nn.Linear(4, 8).requires_grad_(False)
head = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.0), nn.Linear(8, 2))
model = nn.Sequential(encoder, head)
loader = [(200 * torch.randn(16, 4), torch.randint(0, 2, (16,))) for _ in range(20)]
optimizer = torch.optim.SGD(head.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7)
losses = []

for epoch in range(3):
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), nn.functional.one_hot(labels, 2).float())
        loss.backward()
        optimizer.step()
        # keep the gradients small
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # hazard
        losses.append(loss.item())
    scheduler.step()

bad = [value for value in losses if value != value]
report(not bad, f"loss {bad[0] if bad else losses[-1]}", losses[:1])
