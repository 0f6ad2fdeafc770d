"""A run that ends well, with the letters nan and inf in places where they mean nothing."""

import torch

torch.manual_seed(0)
print("loading config 'banana-inference', nan_policy=raise, max_len=inf, best_loss=inf, early_stop_threshold: -inf")
print("INFO: filtering rows with nan labels: 0 removed")
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x = torch.randn(64, 4)
y = x.sum(1, keepdim=True)
best = float("inf")
for epoch in range(5):
    for _ in range(20):
        optimizer.zero_grad()
        loss = (model(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
    print(f"Epoch {epoch + 1}/5 - loss: {loss.item():.4f} - best_loss: {best:.4f} - isfinite: {torch.isfinite(loss).item()}")
    best = min(best, loss.item())
