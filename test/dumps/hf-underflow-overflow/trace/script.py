"""A trace of two batches of a healthy model."""

import torch
from transformers.debug_utils import DebugUnderflowOverflow

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.1), torch.nn.Linear(4, 1))
debug = DebugUnderflowOverflow(model, trace_batch_nums=[1, 2], abort_after_batch_num=2)
for step in range(4):
    model(torch.rand(2, 3))
    print(f"step {step} done")
