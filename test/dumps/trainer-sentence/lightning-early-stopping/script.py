"""Lightning's EarlyStopping finds a monitored loss that is not finite."""

import logging
import warnings

import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.INFO)


class Regressor(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx):
        loss = (self.layer(batch[0]).exp().log() - 1).square().mean()
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=40.0)


torch.manual_seed(0)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.rand(16, 2)), batch_size=4)
stop = EarlyStopping("train_loss", check_finite=True, check_on_train_epoch_end=True, patience=9, verbose=True)
trainer = L.Trainer(
    max_epochs=8, callbacks=[stop], logger=False, enable_checkpointing=False, enable_model_summary=False,
    enable_progress_bar=False, accelerator="cpu",
)
trainer.fit(Regressor(), data)
