"""A trace of the very batch that breaks: it is printed, and the run goes on."""

import torch
from transformers.debug_utils import DebugUnderflowOverflow

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 1))
debug = DebugUnderflowOverflow(model, trace_batch_nums=[0, 1])
for step in range(2):
    model(torch.rand(2, 3) * (1.0 if step == 0 else 1e38) * 100)
    print(f"step {step} done")
