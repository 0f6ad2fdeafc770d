"""PyTorch's encoder layers with a row that may see nothing: their attention gives 0 for it, not NaN."""
import torch
from fingerprint import report
from torch import nn

import watching

torch.manual_seed(104)


class Sentences(nn.Module):
    def __init__(self, words=20, width=16, heads=2):
        super().__init__()
        self.heads = heads
        self.embed = nn.Embedding(words, width)
        layer = nn.TransformerEncoderLayer(width, heads, 32, dropout=0.1, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(width, 2)

    def forward(self, tokens, visible):
        hidden = torch.zeros(visible.shape).masked_fill(~visible, float("-inf"))
        h = self.encoder(self.embed(tokens), mask=hidden.repeat_interleave(self.heads, dim=0))
        return self.out(h[:, 0])


model = Sentences()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
losses = []
for step, tokens in enumerate(rec.watch(torch.randint(0, 20, (40, 4, 6)))):
    visible = torch.rand(4, 6, 6) < 0.7
    visible |= torch.eye(6, dtype=torch.bool)
    if step % 5 == 4:
        visible[1, 0] = False
    loss = nn.functional.cross_entropy(model(tokens, visible), tokens[:, 0] % 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
