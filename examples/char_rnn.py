"""Next-character model: a plain ReLU RNN trained on generated arithmetic text ("12+7=19;")."""

import argparse
import random

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

VOCAB = "0123456789+=;"
CHAR_TO_ID = {c: i for i, c in enumerate(VOCAB)}


def make_corpus(lines):
    pairs = ((random.randrange(100), random.randrange(100)) for _ in range(lines))
    text = "".join(f"{a}+{b}={a + b};" for a, b in pairs)
    return torch.tensor([CHAR_TO_ID[c] for c in text])


class CharRNN(nn.Module):
    def __init__(self, vocab_size, hidden=128):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, hidden)
        self.rnn = nn.RNN(hidden, hidden, num_layers=2, nonlinearity="relu", batch_first=True)
        self.out = nn.Linear(hidden, vocab_size)
        for name, weight in self.rnn.named_parameters():
            if name.startswith("weight_hh"):
                nn.init.orthogonal_(weight, gain=1.4)

    def forward(self, ids):
        states, _ = self.rnn(self.embed(ids))
        return self.out(states)


def train(steps=60, batch_size=32, seq_len=100, lr=0.3, clip=0.25, detect_anomaly=False):
    random.seed(7)
    torch.manual_seed(7)
    corpus = make_corpus(4000)
    model = CharRNN(len(VOCAB))
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    loss_fn = nn.CrossEntropyLoss()

    with torch.autograd.set_detect_anomaly(detect_anomaly):
        for step in range(1, steps + 1):
            starts = torch.randint(0, len(corpus) - seq_len - 1, (batch_size,))
            window = torch.stack([corpus[s : s + seq_len + 1] for s in starts.tolist()])
            inputs, targets = window[:, :-1], window[:, 1:]

            logits = model(inputs)
            loss = loss_fn(logits.flatten(0, 1), targets.flatten())
            loss.backward()
            opt.step()
            opt.zero_grad()
            clip_grad_norm_(model.parameters(), clip)

            if step % 10 == 0 or step < 10:
                print(f"step {step:4d}  loss {loss.item():.3f}", flush=True)


if __name__ == "__main__":
    cli = argparse.ArgumentParser()
    cli.add_argument("--steps", type=int, default=60)
    cli.add_argument("--detect-anomaly", action="store_true")
    options = cli.parse_args()
    train(steps=options.steps, detect_anomaly=options.detect_anomaly)
