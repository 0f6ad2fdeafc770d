"""Speech recognition with CTC; some transcripts are longer than the audio allows."""
# group: library
import torch
from torch import nn

import watching

torch.manual_seed(102)


class Acoustic(nn.Module):
    def __init__(self, letters=8):
        super().__init__()
        self.rnn = nn.LSTM(5, 16)
        self.out = nn.Linear(16, letters)

    def forward(self, x):
        return self.out(self.rnn(x)[0]).log_softmax(-1)


def utterances(count):
    for i in range(count):
        frames = torch.full((3,), 20)
        letters = torch.tensor([6, 5, 7])
        if i == 8:
            frames = torch.tensor([20, 4, 20])
        yield torch.randn(20, 3, 5), torch.randint(1, 8, (3, 7)), frames, letters


model = Acoustic()
ctc = nn.CTCLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
for audio, text, frames, letters in rec.watch(utterances(12)):
    log_probabilities = model(audio)
    loss = ctc(log_probabilities, text, frames, letters)  # cause
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item())
