"""The same with the filter off: the loss is printed as it is."""

import tempfile

import torch
from transformers import Trainer, TrainingArguments

class Decay(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rate = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return {"loss": (torch.sqrt(self.rate) * x).mean()}

class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 96

    def __getitem__(self, index):
        return {"x": torch.tensor(1.0 + index % 3)}

torch.manual_seed(0)
arguments = TrainingArguments(
    tempfile.mkdtemp(), per_device_train_batch_size=4, num_train_epochs=1, learning_rate=0.09, optim="sgd",
    max_grad_norm=0.0, logging_steps=3, report_to="none", save_strategy="no", lr_scheduler_type="constant",
    use_cpu=True, logging_nan_inf_filter=False, dataloader_pin_memory=False,
)
Trainer(Decay(), arguments, train_dataset=Data()).train()
