"""A vocoder-like model trained on log magnitudes of a short-time Fourier transform."""
# group: forward
import torch
from torch import nn

import watching

torch.manual_seed(17)
N_FFT = 32
window = torch.hann_window(N_FFT)


def log_magnitude(wave):
    spectrum = torch.stft(wave, N_FFT, hop_length=8, window=window, return_complex=True, center=False)
    return spectrum.abs().log()  # cause


model = nn.Sequential(nn.Conv1d(1, 8, 9, padding=4), nn.Tanh(), nn.Conv1d(8, 1, 9, padding=4))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
rec = watching.Recorder(model, optimizer)

waves = torch.randn(48, 1, 128)
waves[29, :, 64:] = 0.0  # this clip ends in digital silence
for step, clean in enumerate(rec.watch(waves.split(4))):
    noisy = clean + 0.1 * torch.randn_like(clean)
    restored = model(noisy)
    loss = (log_magnitude(restored.squeeze(1)) - log_magnitude(clean.squeeze(1))).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"[{step}] {loss.item():.4f}")
