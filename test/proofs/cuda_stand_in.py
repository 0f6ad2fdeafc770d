"""Lets a script that is written for CUDA run its mixed precision on a CPU.

No GPU is needed to show what half precision does to gradients: autocast("cpu", dtype=torch.float16) rounds as CUDA's
does, and GradScaler("cpu") scales as CUDA's does. Importing this module puts them in the place of their CUDA
counterparts, old names and new, and makes .cuda() leave its object where it is.
"""

import torch
from torch.amp import GradScaler, autocast_mode

_autocast_init = autocast_mode.autocast.__init__
_scaler_init = GradScaler.__init__


def _autocast(self, device_type, dtype=None, enabled=True, cache_enabled=None):
    if device_type == "cuda":
        device_type, dtype = "cpu", dtype or torch.float16
    _autocast_init(self, device_type, dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)


def _scaler(self, device="cuda", *arguments, **keywords):
    _scaler_init(self, "cpu" if device == "cuda" else device, *arguments, **keywords)


autocast_mode.autocast.__init__ = _autocast
GradScaler.__init__ = _scaler
torch.Tensor.cuda = lambda self, *arguments, **keywords: self
torch.nn.Module.cuda = lambda self, *arguments, **keywords: self
