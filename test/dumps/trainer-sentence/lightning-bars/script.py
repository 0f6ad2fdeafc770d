"""EarlyStopping below Lightning's progress bars: the training loss was NaN before it."""

import warnings

import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping, TQDMProgressBar

warnings.filterwarnings("ignore")


class Regressor(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx):
        scale = float("inf") if self.current_epoch == 1 else 1.0
        loss = (self.layer(batch[0]) - 1).square().mean() * scale
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", (self.layer(batch[0]) - 1).square().mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(0)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.rand(8, 2)), batch_size=4)
trainer = L.Trainer(
    max_epochs=5, callbacks=[EarlyStopping("val_loss", verbose=True), TQDMProgressBar()], logger=False,
    enable_checkpointing=False, enable_model_summary=False, accelerator="cpu",
)
trainer.fit(Regressor(), data, data)
