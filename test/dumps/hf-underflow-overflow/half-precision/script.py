"""A small T5 in half precision whose feed-forward layer leaves the range of float16."""

import torch
from transformers import T5Config, T5Model
from transformers.debug_utils import DebugUnderflowOverflow

torch.manual_seed(0)
config = T5Config(vocab_size=32, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, decoder_start_token_id=0)
model = T5Model(config).half().eval()
debug = DebugUnderflowOverflow(model, max_frames_to_save=9)
tokens = torch.arange(8).reshape(1, 8)
for step in range(4):
    with torch.no_grad():
        model.encoder.block[1].layer[1].DenseReluDense.wo.weight.mul_(40.0)
        out = model(input_ids=tokens, decoder_input_ids=tokens)  # blamed
    print(f"step {step} mean {out.last_hidden_state.float().mean():.4f}")
