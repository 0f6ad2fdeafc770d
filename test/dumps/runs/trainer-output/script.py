"""The Hugging Face trainer leaves its state in each checkpoint and its scalars in event files; both hide the NaN."""

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
    "dump", max_steps=20, logging_steps=2, save_steps=20, learning_rate=0.2, per_device_train_batch_size=8,
    report_to=["tensorboard"], disable_tqdm=True, use_cpu=True, seed=0, lr_scheduler_type="constant", max_grad_norm=1e9,
)
os.environ["TENSORBOARD_LOGGING_DIR"] = "dump/board"
Trainer(Classifier(), arguments, train_dataset=data).train()
for path in ("dump/checkpoint-20", "dump"):
    for name in os.listdir(path):
        if os.path.isfile(f"{path}/{name}") and name != "trainer_state.json":
            os.remove(f"{path}/{name}")
(events,) = os.listdir("dump/board")
os.rename(f"dump/board/{events}", "dump/board/events.out.tfevents.1795000000.localhost.4242.0")
