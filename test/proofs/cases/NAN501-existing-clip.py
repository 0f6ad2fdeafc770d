"""There is a clip: on scaled gradients it would divide every update by the scale, so the scaler's fix must unscale
first. Plain SGD, which a wrong scale does not escape. Only a GPU runs it as it stands; cuda_stand_in puts the CPU's
fp16 autocast and scaler in its place, which round and scale alike.

Expected: did not learn
"""
import cuda_stand_in
import torch

from half_precision import small_signals, verdict

torch.manual_seed(0)
model = torch.nn.Linear(64, 64, bias=False)
torch.nn.init.zeros_(model.weight)
optimizer = torch.optim.SGD(model.parameters(), lr=50.0)
scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
losses = []

for x, y in small_signals(40):
    optimizer.zero_grad()
    with torch.autocast(device_type="cuda", dtype=torch.half):
        loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()  # hazard
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1e-6)
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())

verdict(losses)
