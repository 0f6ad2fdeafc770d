"""Fine-tunes a tiny BERT with the Trainer of transformers; a loss of its own takes the logarithm of a probability."""

import os
import sys

import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

import nanlens

torch.manual_seed(0)
config = BertConfig(
    vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, num_labels=2
)
model = BertForSequenceClassification(config)
accumulation = int(sys.argv[2])
bad_review = None if "HEALTHY" in os.environ else 21


class Reviews(torch.utils.data.Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, index):
        ids = torch.full((8,), index % 64)
        # One review has no weight, and its weighted probability no logarithm.
        return {"input_ids": ids, "labels": torch.tensor(index % 2), "weight": torch.tensor(0.0 if index == bad_review else 1.0)}


class Weighted(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, **keywords):
        weight = inputs.pop("weight")
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        chosen = outputs.logits.softmax(-1).gather(1, labels[:, None]).squeeze(1) * weight
        loss = -torch.log(chosen).mean()  # cause
        return (loss, outputs) if return_outputs else loss


arguments = TrainingArguments(
    output_dir=sys.argv[1] + "/checkpoints",
    per_device_train_batch_size=4,
    gradient_accumulation_steps=accumulation,
    num_train_epochs=1,
    learning_rate=1e-4,
    save_strategy="no",
    report_to=[],
    use_cpu=True,
    remove_unused_columns=False,
    logging_steps=1,
    disable_tqdm=True,
)
trainer = Weighted(model=model, args=arguments, train_dataset=Reviews())
nanlens.attach(trainer, out=sys.argv[1], on_anomaly=sys.argv[3])
trainer.train()
print("ended", all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters()))
