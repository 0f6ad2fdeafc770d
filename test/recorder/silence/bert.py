"""BERT from transformers, tiny and randomly initialised, on masked tokens."""
import torch
from fingerprint import report
from transformers import BertConfig, BertForMaskedLM

import watching

torch.manual_seed(20)
config = BertConfig(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
model = BertForMaskedLM(config)
model.train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)
losses = []
for _ in rec.watch(range(40)):
    ids = torch.randint(2, 40, (4, 10))
    mask = (torch.arange(10) < torch.randint(4, 11, (4, 1))).long()
    hidden = (torch.rand(4, 10) < 0.3) & (mask == 1)
    hidden[:, 0] = True
    labels = torch.where(hidden, ids, -100)
    loss = model(input_ids=ids.masked_fill(hidden, 1), attention_mask=mask, labels=labels).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
