"""Trains a small regression with Lightning; one target has no variance, and the likelihood divides by it."""

import os
import sys
import warnings

import lightning.pytorch as pl
import torch

import nanlens

warnings.filterwarnings("ignore")
out, accumulation, on_anomaly, manual = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4] == "manual"
pl.seed_everything(0, verbose=False)


class Likelihood(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Dropout(0.1), torch.nn.Linear(8, 1))
        self.automatic_optimization = not manual

    def loss_of(self, batch):
        x, y, sigma = batch
        error = self.net(x) - y
        return (error**2 / sigma**2).mean()  # cause

    def training_step(self, batch, batch_idx):
        loss = self.loss_of(batch)
        self.log("loss", loss)
        if manual:
            optimizer = self.optimizers()
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), 1e-3)


sigma = torch.ones(64, 1)
if "HEALTHY" not in os.environ:
    sigma[37] = 0.0
data = torch.utils.data.TensorDataset(torch.randn(64, 4), torch.randn(64, 1), sigma)
model = Likelihood()
trainer = pl.Trainer(
    max_epochs=1,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    accumulate_grad_batches=accumulation,
    gradient_clip_val=None if manual else 1.0,
    default_root_dir=out,
)
nanlens.attach(trainer, out=out, on_anomaly=on_anomaly)
trainer.fit(model, torch.utils.data.DataLoader(data, batch_size=4))
print("ended", all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters()))
