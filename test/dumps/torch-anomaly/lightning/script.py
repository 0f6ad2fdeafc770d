"""Lightning's Trainer(detect_anomaly=True): the user's step lies under thirty frames of the trainer."""

import lightning as L
import torch
from torch.utils.data import DataLoader, TensorDataset


class Regression(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def training_step(self, batch, batch_idx):
        (x,) = batch
        error = self.layer(x) - self.layer(x).detach()
        return torch.sqrt((error**2).mean())  # blamed

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


L.seed_everything(0)
data = DataLoader(TensorDataset(torch.randn(16, 3)), batch_size=4)
L.Trainer(
    detect_anomaly=True, max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False
).fit(Regression(), data)
