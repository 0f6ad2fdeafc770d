"""A Trainer of Transformers on a model of one's own, whose loss is the logarithm of something that becomes 0."""
import torch
from torch import nn
from transformers import Trainer, TrainingArguments


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 4)
        self.scale = nn.Linear(4, 1)

    def forward(self, inputs, labels):
        spread = torch.relu(self.scale(torch.tanh(self.hidden(inputs)))).squeeze(-1)
        loss = torch.log(spread).mean() + ((labels / (spread + 1)) ** 2).mean()  # blamed
        return {"loss": loss, "logits": spread}


class Rows(torch.utils.data.Dataset):
    def __len__(self):
        return 32

    def __getitem__(self, index):
        return {"inputs": torch.full((4,), 1.0 if index < 24 else -30.0), "labels": torch.tensor(0.5)}


class InOrder(Trainer):
    def _get_train_sampler(self, *_):
        return None


def main():
    torch.manual_seed(5)
    model = Regressor()
    with torch.no_grad():
        model.hidden.weight.fill_(0.5)
        model.scale.weight.fill_(0.5)
    arguments = TrainingArguments(
        output_dir="out", per_device_train_batch_size=4, num_train_epochs=1, report_to=[], use_cpu=True, save_strategy="no",
    )
    trainer = InOrder(model=model, args=arguments, train_dataset=Rows())
    trainer.train()


if __name__ == "__main__":
    main()
