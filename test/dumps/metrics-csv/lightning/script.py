"""Lightning's CSVLogger: a row for the training step, one for the validation, and empty cells where the other's values would be."""

import glob
import os
import sys

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger


class Regressor(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 1)

    def training_step(self, batch, i):
        x, y = batch
        loss = (torch.sqrt((self.linear(x) - y).abs() - 0.02 * self.global_step)).mean()
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, i):
        x, y = batch
        self.log("val_loss", (self.linear(x) - y).abs().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


torch.manual_seed(0)
data = torch.utils.data.TensorDataset(torch.randn(64, 4), torch.randn(64, 1) + 5)
loader = torch.utils.data.DataLoader(data, batch_size=8)
logger = CSVLogger(sys.argv[1] + "/logs", flush_logs_every_n_steps=1)
trainer = L.Trainer(
    max_epochs=30, logger=logger, log_every_n_steps=4, enable_progress_bar=False, enable_checkpointing=False,
    accelerator="cpu", enable_model_summary=False,
)
trainer.fit(Regressor(), loader, loader)
os.rename(glob.glob(sys.argv[1] + "/logs/**/metrics.csv", recursive=True)[0], sys.argv[1] + "/metrics.csv")
