"""Log power of a silent frame: the square of an absolute value.

Expected: value -inf, gradient nan
"""
import torch

from proof import prove


def log_power(audio):
    spectrum = torch.fft.rfft(audio)
    power = spectrum.abs() ** 2
    return torch.log10(power)  # hazard


prove(
    log_power,
    edge=[(torch.zeros(8),)],
    ordinary=[(torch.tensor([0.5, 1.0, -0.25, 3.0, 0.1, 2.0, 0.7, 1.1]),)],
)
