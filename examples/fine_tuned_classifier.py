"""Fine-tunes a small text encoder on reviews of one to three stars, with most of what makes such a loss NaN."""
import torch
import torch.nn as nn

VOCABULARY, WIDTH, LENGTH = 200, 32, 16


class Encoder(nn.Module):
    """Stands for a pretrained one: its weights come from a seed, not from a hub."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, nhead=4, dim_feedforward=64, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)

    def forward(self, tokens):
        return self.layers(self.embedding(tokens)).mean(dim=1)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Linear(WIDTH, 3)

    def forward(self, tokens):
        return torch.softmax(self.head(self.encoder(tokens)), dim=-1)


torch.manual_seed(0)
stars = torch.tensor([1, 2, 3]).repeat_interleave(80)
tokens = torch.randint(0, VOCABULARY, (len(stars), LENGTH))
tokens[:, :6] = 10 * stars[:, None]

model = Classifier().half()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.5)
criterion = nn.CrossEntropyLoss()
for epoch in range(12):
    for start in range(0, len(stars), 40):
        optimizer.zero_grad()
        scores = model(tokens[start : start + 40]).float()
        loss = criterion(scores, stars[start : start + 40])
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch} batch {start // 40} loss {loss.item():.4f}", flush=True)
