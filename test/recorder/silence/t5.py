"""T5 from transformers, tiny and randomly initialised, learning to reverse a sequence."""
import torch
from fingerprint import report
from transformers import Adafactor, T5Config, T5ForConditionalGeneration

import watching

torch.manual_seed(21)
config = T5Config(
    vocab_size=24, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, decoder_start_token_id=0, pad_token_id=0
)
model = T5ForConditionalGeneration(config)
model.train()
optimizer = Adafactor(model.parameters(), lr=1e-2, relative_step=False, scale_parameter=False)
rec = watching.Recorder(model, optimizer)
losses = []
for _ in rec.watch(range(40)):
    ids = torch.randint(2, 24, (4, 8))
    mask = (torch.arange(8) < torch.randint(3, 9, (4, 1))).long()
    labels = ids.flip(1).masked_fill(mask.flip(1) == 0, -100)
    loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
