"""Mixed precision is a switch, and one clip serves both branches: unscaling must depend on the same switch. By value, old
names. Only a GPU runs it as it stands; cuda_stand_in puts the CPU's fp16 autocast and scaler in its place, which round and
scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch

from half_precision import verdict


class Trainer:
    def __init__(self, model, use_amp):
        self.model = model
        self.use_amp = use_amp
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        self.scaler = torch.cuda.amp.GradScaler()

    def step(self, x, y):
        self.optimizer.zero_grad()
        with torch.cuda.amp.autocast(enabled=self.use_amp):
            loss = torch.nn.functional.mse_loss(self.model(x), y)
        if self.use_amp:
            self.scaler.scale(loss).backward()
        else:
            loss.backward()
        torch.nn.utils.clip_grad_value_(self.model.parameters(), 0.5)  # hazard
        if self.use_amp:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()
        return loss.item()


torch.manual_seed(0)
trainer = Trainer(torch.nn.Linear(8, 1), use_amp=True)
x = torch.randn(256, 8)
y = x.sum(dim=1, keepdim=True)
verdict([trainer.step(x, y) for _ in range(60)])
