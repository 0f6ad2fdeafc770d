"""GPT-2 from transformers, tiny and randomly initialised, with padding in the batch."""
import torch
from fingerprint import report
from transformers import GPT2Config, GPT2LMHeadModel

import watching

torch.manual_seed(19)
ends = {"bos_token_id": 0, "eos_token_id": 0}
model = GPT2LMHeadModel(GPT2Config(vocab_size=32, n_positions=16, n_embd=16, n_layer=2, n_head=2, **ends))
model.train()
decay = [p for p in model.parameters() if p.dim() > 1]
plain = [p for p in model.parameters() if p.dim() <= 1]
optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}], lr=1e-3)
rec = watching.Recorder(model, optimizer)
losses = []
for _ in rec.watch(range(40)):
    ids = torch.randint(1, 8, (4, 12)).cumsum(1) % 32
    mask = (torch.arange(12) < torch.randint(4, 13, (4, 1))).long()
    loss = model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100)).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
report(model, losses)
