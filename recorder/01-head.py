"""NaN Lens recorder: finds the operation and the line that gave a training run its first NaN or Inf.

Copy this file next to the training script. It needs Python 3.10 and PyTorch 2.4 or newer and nothing else.

    import nanlens
    rec = nanlens.Recorder(model, optimizer)
    for batch in rec.watch(loader):
        ...                                    # the loop as it was

Each step costs one norm of the gradients. When the loss or a gradient is no finite number, the parameters are left as
they are, the same step is run once more with every operation watched, and the first operation that made the bad value
is named with the line of your file. A dump is written to `nanlens-dumps/`, and `nanlens.NonFinite` is raised.

The training itself is the same to the last bit with and without the recorder. If the recorder fails, it says so once
and switches itself off; it never stops a run for a reason of its own.
"""

from __future__ import annotations

import ast
import collections
import contextlib
import copy
import ctypes
import datetime
import functools
import inspect
import json
import linecache
import math
import os
import pickle
import platform
import random
import re
import struct
import sys
import sysconfig
import threading
import time
import traceback
import types
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["LightningCallback", "NonFinite", "Recorder", "attach", "check"]
__version__ = "1"

T = TypeVar("T")

SCHEMA_VERSION = 1
MAX_DUMPS = 3
MAX_JSON_BYTES = 2_000_000
MAX_TENSOR_BYTES = 16 * 2**20
MAX_TENSORS_BYTES = 64 * 2**20
MAX_OPERATIONS = 50_000
"""Operations of a replay that are kept with their statistics; later ones are only followed."""
MAX_TENSORS_OF_ONE = 500
"""Inputs or outputs of one operation: `torch.stack` may have thousands."""
MAX_WINDOW_BATCHES = 256
MAX_WINDOW_BYTES = 2**30
"""A window that holds more has no end in sight (a loop that never steps): its oldest batches are let go."""
HISTORY_STEPS = 256
PEER_TIMEOUT = 60.0
"""Seconds that a process waits for the reports of the others before it goes on without them."""
FREEZE_LAG = 3
"""Windows that may pass before the host looks at what the device found."""


class NonFinite(FloatingPointError):
    """The first NaN or Inf of a run. `str()` of it is the verdict; `dump` the path of the dump, None if none was written."""

    def __init__(self, verdict: str, dump: str | None = None) -> None:
        super().__init__(verdict if dump is None else f"{verdict}\nDump: {dump}")
        self.verdict = verdict
        self.dump = dump

    def __reduce__(self) -> tuple[type[NonFinite], tuple[str, str | None]]:
        return NonFinite, (self.verdict, self.dump)


def _say(text: str) -> None:
    """Tells the user, and never fails for it."""
    with contextlib.suppress(Exception):
        sys.stderr.write(f"NaN Lens: {text}\n")
        sys.stderr.flush()


def _number(value: float) -> float | str:
    """A number as JSON can carry it."""
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def _word(value: float) -> str:
    """A number in a sentence."""
    return f"{value:.6g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
