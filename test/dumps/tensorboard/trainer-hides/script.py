"""The Hugging Face trainer with its default filter: a loss that is NaN is written as 0, and only the gradient norm tells."""

import glob
import os
import sys

import torch
from transformers import Trainer, TrainingArguments


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)

    def forward(self, x, labels):
        p = torch.softmax(self.linear(x) * 14, -1)
        picked = p.gather(1, labels[:, None])
        return {"loss": -torch.log(picked).mean()}


torch.manual_seed(0)
data = [{"x": torch.randn(4) * 3, "labels": torch.tensor(i % 3)} for i in range(64)]
os.chdir(sys.argv[1])
arguments = TrainingArguments(
    "work", max_steps=20, logging_steps=2, save_steps=20, learning_rate=0.2, per_device_train_batch_size=8,
    report_to=["tensorboard"], disable_tqdm=True, use_cpu=True, seed=0, lr_scheduler_type="constant", max_grad_norm=1e9,
)
os.environ["TENSORBOARD_LOGGING_DIR"] = "board"
Trainer(Classifier(), arguments, train_dataset=data).train()
found = [f for f in glob.glob("**/*tfevents*", recursive=True) if os.path.isfile(f)]
os.rename(found[0], os.path.basename(found[0]))
