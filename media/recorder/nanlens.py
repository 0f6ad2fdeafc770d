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


# ---------------------------------------------------------------------------------------------------------------------
# Where in the user's code: frames, paths without a home, excerpts.

_HERE = os.path.abspath(__file__)
_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_STDLIB = os.path.abspath(sysconfig.get_paths()["stdlib"]) + os.sep
_ENGINE = "_engine_run_backward"
"""torch/autograd/graph.py: what stands deeper in a stack runs inside the backward pass."""

_CHECK_HELPERS = "_nanlens_"
"""What the names of the helpers begin with that finite checks put into a script."""

Site = tuple[types.CodeType, int]
"""A code object and a line in it."""


@functools.lru_cache(maxsize=4096)
def _owner(path: str) -> Literal["user", "library", "torch", "own"]:
    """Whose code a file is."""
    if path.startswith("<"):
        return "user" if path.startswith(("<ipython", "<string>", "<stdin>")) else "torch"
    full = os.path.abspath(path)
    if full == _HERE:
        return "own"
    if full.startswith(_TORCH):
        return "torch"
    parts = full.replace("\\", "/").split("/")
    if "site-packages" in parts or "dist-packages" in parts or full.startswith(_STDLIB):
        return "library"
    return "user"


def _stack(frame: types.FrameType | None, limit: int = 400) -> tuple[Site, ...]:
    """Calls from the given frame outwards, innermost first, without the recorder's own."""
    sites: list[Site] = []
    while frame is not None and len(sites) < limit:
        if _owner(frame.f_code.co_filename) != "own":
            sites.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(sites)


def _user_site(stack: Sequence[Site]) -> Site | None:
    """The deepest line of the user's own code, else the deepest of a library other than PyTorch."""
    library: Site | None = None
    for site in stack:
        owner = _owner(site[0].co_filename)
        if owner == "user" and not site[0].co_name.startswith(_CHECK_HELPERS):
            return site
        if owner == "library" and library is None and not site[0].co_filename.startswith(_STDLIB):
            library = site
    return library


def _shown_path(path: str) -> str:
    """The path as a dump may tell it: relative to the working directory, without the home of anybody."""
    if path.startswith("<"):
        return path
    full = os.path.abspath(path).replace("\\", "/")
    for folder in ("/site-packages/", "/dist-packages/"):
        if folder in full:
            return folder[1:] + full.split(folder, 1)[1]
    home = _home_of(full)
    with contextlib.suppress(ValueError, OSError):
        here = os.getcwd()
        relative = os.path.relpath(full, here).replace("\\", "/")
        if not relative.startswith("..") and (home is None or (here.replace("\\", "/") + "/").startswith(home)):
            return relative
    return "/".join(full.removeprefix(home or "/").split("/")[-3:])


def _home_of(path: str) -> str | None:
    """The home folder in which the path lies, with a slash at its end: the user's own, or that of another."""
    own = os.path.expanduser("~").replace("\\", "/").rstrip("/") + "/"
    if own != "/" and path.startswith(own):
        return own
    other = re.match(r"(/home|/Users|[A-Za-z]:/Users)/[^/]+/", path)
    return other[0] if other is not None else None


def _line(path: str, line: int) -> str:
    return linecache.getline(path, line).strip()[:1000]


def _location(site: Site) -> dict[str, Any]:
    code, line = site
    return {
        "path": _shown_path(code.co_filename),
        "line": line,
        "function": code.co_name,
        "text": _line(code.co_filename, line) or None,
    }


def _frame(site: Site) -> dict[str, Any]:
    """A frame of the dump. The user's own come with the source around them, for the file may have changed when it is read."""
    code, line = site
    is_user = _owner(code.co_filename) == "user"
    result = _location(site) | {"isUser": is_user}
    if is_user and result["text"] is not None:
        first = max(1, line - 5)
        around = [linecache.getline(code.co_filename, number) for number in range(first, line + 6)]
        lines = [text.rstrip("\r\n")[:1000] for text in around if text]
        result["excerpt"] = {"firstLine": first, "lines": lines}
    return result


def _frames(stack: Sequence[Site]) -> list[dict[str, Any]]:
    """The calls that led to an operation, outermost first; of PyTorch's own only those below the user's last line."""
    last_user = next((i for i, site in enumerate(stack) if _owner(site[0].co_filename) == "user"), len(stack))
    shown = [
        site
        for index, site in enumerate(stack)
        if _owner(site[0].co_filename) == "user"
        or (index < last_user and not site[0].co_filename.startswith("<") and not _is_plumbing(site))
    ]
    return [_frame(site) for site in reversed(shown[:100])]


def _is_plumbing(site: Site) -> bool:
    """Calls that stand in every stack and tell nothing."""
    return site[0].co_name in ("_call_impl", "_wrapped_call_impl", "wrapped", "decorate_context", "_fn", "inner", "wrapper")


def _place(site: Site) -> str:
    """`losses.py:41 in forward`"""
    code, line = site
    where = f"{os.path.basename(code.co_filename)}:{line}"
    return where if code.co_name == "<module>" else f"{where} in {code.co_name}"


# ---------------------------------------------------------------------------------------------------------------------
# Looking at tensors: finite or not, statistics, norms.


def _plain(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The ordinary tensors of this process that hold the values: shards of a DTensor, parts of other subclasses."""
    if type(tensor) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer if hasattr(torch.nn, "Buffer") else torch.Tensor):
        return [tensor]
    local = getattr(tensor, "_local_tensor", None)
    if isinstance(local, torch.Tensor):
        return _plain(local)
    if hasattr(tensor, "__tensor_flatten__"):
        names, _ = tensor.__tensor_flatten__()
        return [part for name in names for part in _plain(getattr(tensor, name))]
    return [tensor]


def _values(tensor: torch.Tensor) -> torch.Tensor | None:
    """A real, dense floating-point view of the values; None where there is nothing that could be NaN."""
    if tensor.device.type == "meta" or type(tensor).__name__ == "FakeTensor":
        return None
    if tensor.layout is torch.sparse_coo:
        tensor = tensor._values()
    elif tensor.layout is not torch.strided:
        if tensor.layout not in (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc):
            return None
        tensor = tensor.values()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    if not tensor.is_floating_point():
        return None
    if tensor.is_quantized:
        return None
    return tensor.detach()


def _extent(values: torch.Tensor) -> tuple[float, float] | None:
    """Smallest and largest element. NaN if any is NaN; None of an empty tensor."""
    if values.numel() == 0:
        return None
    if values.element_size() == 1:
        values = values.float()
    low, high = torch.aminmax(values)
    return float(low), float(high)


def _is_finite(tensor: torch.Tensor) -> bool:
    """Exactly: whether no element is NaN or Inf."""
    for part in _plain(tensor):
        values = _values(part)
        if values is None:
            continue
        extent = _extent(values)
        if extent is not None and not (math.isfinite(extent[0]) and math.isfinite(extent[1])):
            return False
    return True


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _statistics(tensor: torch.Tensor, name: str | None = None) -> dict[str, Any]:
    """All that a dump tells of a tensor. min, max and mean are over the finite elements, the counts over all."""
    result: dict[str, Any] = {"name": name, "shape": list(tensor.shape), "dtype": _dtype_name(tensor.dtype)}
    parts = [values for part in _plain(tensor) if (values := _values(part)) is not None]
    values = parts[0] if len(parts) == 1 else None
    if values is None or values.numel() == 0:
        return result
    if values.element_size() == 1:
        values = values.float()
    finite = values[torch.isfinite(values)]
    if finite.numel():
        low, high = torch.aminmax(finite)
        magnitude = finite.abs()
        result |= {"min": float(low), "max": float(high), "mean": _finite_or_none(float(finite.double().mean()))}
        result |= {"absMin": float(magnitude.min()), "absMax": float(magnitude.max())}
    nan = int(torch.isnan(values).sum())
    positive = int((values == math.inf).sum())
    return result | {"nan": nan, "posInf": positive, "negInf": values.numel() - finite.numel() - nan - positive}


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _brief(tensor: torch.Tensor, extent: tuple[float, float] | None) -> dict[str, Any]:
    """Statistics of one of a step's many operations, from the extent that is known already."""
    result: dict[str, Any] = {"shape": list(tensor.shape), "dtype": _dtype_name(tensor.dtype)}
    if extent is None:
        return result
    low, high = extent
    result |= {"min": _number(_rounded(low)), "max": _number(_rounded(high))}
    if math.isfinite(low) and math.isfinite(high):
        result["absMax"] = _rounded(max(abs(low), abs(high)))
    return result


def _rounded(value: float) -> float:
    """Six digits tell enough in a table of thousands, and take half the room."""
    return float(f"{value:.6g}")


def _norms(gradients: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """L2 norms of the gradients in float32, one a tensor, on the tensors' devices. A norm is finite only if all elements are."""
    dense: list[torch.Tensor] = []
    for gradient in gradients:
        if type(gradient) is torch.Tensor and gradient.layout is torch.strided and gradient.is_floating_point():
            if gradient.device.type != "meta":
                dense.append(gradient)
            continue
        for part in _plain(gradient):
            values = _values(part)
            if values is not None and values.numel():
                dense.append(values)
    if not dense:
        return []
    by_kind: dict[tuple[torch.device, torch.dtype], list[torch.Tensor]] = {}
    for gradient in dense:
        by_kind.setdefault((gradient.device, gradient.dtype), []).append(gradient)
    norms: list[torch.Tensor] = []
    for (_, dtype), group in by_kind.items():
        wide = dtype if dtype is torch.float64 else torch.float32
        norms.extend(torch._foreach_norm(group, 2, dtype=wide))
    return norms


def _total(norms: Sequence[torch.Tensor]) -> torch.Tensor | None:
    """The norm of all, float32, on the first device."""
    if not norms:
        return None
    first = norms[0].device
    same = all(norm.device == first and norm.dtype is norms[0].dtype for norm in norms)
    stacked = torch.stack(list(norms) if same else [norm.to(first, torch.float32) for norm in norms])
    total: torch.Tensor = torch.linalg.vector_norm(stacked)
    return total.to(torch.float32)


def _tensors(value: Any, depth: int = 4) -> Iterator[torch.Tensor]:
    """The tensors in nested tuples, lists and mappings (also dataclass-like outputs)."""
    if isinstance(value, torch.Tensor):
        yield value
    elif depth == 0:
        return
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part, depth - 1)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part, depth - 1)
    elif hasattr(value, "__dataclass_fields__"):
        for field in value.__dataclass_fields__:
            yield from _tensors(getattr(value, field, None), depth - 1)


def _named_tensors(value: Any, name: str = "", depth: int = 4) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors with the path that leads to them: `x`, `[0]`, `pixel_values`."""
    if isinstance(value, torch.Tensor):
        yield name or "batch", value
    elif depth == 0:
        return
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _named_tensors(part, f"{name}.{key}" if name else str(key), depth - 1)
    elif isinstance(value, (tuple, list)):
        for index, part in enumerate(value):
            yield from _named_tensors(part, f"{name}[{index}]", depth - 1)


def _byte_count(value: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in _tensors(value))


def _fetch(tensors: Sequence[torch.Tensor]) -> list[float]:
    """Values of one-element tensors, with a single wait for the device. The meta device has none."""
    tensors = [tensor for tensor in tensors if tensor.device.type != "meta"]
    if not tensors:
        return []
    first = tensors[0].device
    flat = [tensor.detach().reshape(()).to(first, torch.float32) for tensor in tensors]
    return torch.stack(flat).tolist()


def _double_norm(gradient: torch.Tensor) -> torch.Tensor:
    parts = [values for part in _plain(gradient) if (values := _values(part)) is not None]
    if not parts:
        return torch.zeros((), dtype=torch.float64)
    total: torch.Tensor = torch.linalg.vector_norm(
        torch.stack([torch.linalg.vector_norm(values.double()) for values in parts])
    )
    return total


def _gradients_of(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [
        parameter.grad
        for group in optimizer.param_groups
        for parameter in group["params"]
        if parameter.grad is not None
    ]


# ---------------------------------------------------------------------------------------------------------------------
# What a step changes beside parameters: random states, buffers, variables. Kept, so that the step can be run again.

MAX_KEPT_BYTES = 4 * 2**20
"""Larger tensors in variables are not carried from step to step as state; keeping them would cost memory."""
MAX_SHADOW_BYTES = 64 * 2**20


class _RandomState:
    """The state of Python's, NumPy's and PyTorch's global generators, and of generators that the script made itself."""

    def __init__(self, devices: Sequence[torch.device], generators: Sequence[Any], is_complete: bool = True) -> None:
        self.python = random.getstate() if is_complete else None
        numpy = sys.modules.get("numpy") if is_complete else None
        self.numpy = numpy.random.get_state(legacy=False) if numpy is not None and hasattr(numpy, "random") else None
        self.cpu = torch.get_rng_state()
        self.cuda = [(device, torch.cuda.get_rng_state(device)) for device in devices if device.type == "cuda"]
        self.explicit = [(generator, _generator_state(generator)) for generator in generators]

    def restore(self) -> None:
        if self.python is not None:
            random.setstate(self.python)
        numpy = sys.modules.get("numpy")
        if self.numpy is not None and numpy is not None:
            numpy.random.set_state(self.numpy)
        torch.set_rng_state(self.cpu)
        for device, state in self.cuda:
            torch.cuda.set_rng_state(state, device)
        for generator, state in self.explicit:
            if isinstance(generator, torch.Generator):
                generator.set_state(state)
            elif isinstance(generator, random.Random):
                generator.setstate(state)
            else:
                generator.bit_generator.state = state


class _GlobalDraws:
    """
    Whether the loop's body draws from the generators of Python and NumPy, whose states cost more to read than all else
    of a step. They are read for the first windows and for one in sixty-four, and for all once a body was seen to draw.
    """

    def __init__(self) -> None:
        self._windows = 0
        self._are_made = False

    def begin(self) -> bool:
        """Whether the window that begins is to keep them."""
        self._windows += 1
        return self._are_made or self._windows <= 16 or self._windows % 64 == 0

    def end(self, before: _RandomState) -> None:
        """Compares with the states at the body's beginning."""
        if self._are_made or before.python is None:
            return
        numpy = sys.modules.get("numpy")
        self._are_made = random.getstate() != before.python
        if not self._are_made and before.numpy is not None and numpy is not None:
            now = numpy.random.get_state(legacy=False)
            self._are_made = pickle.dumps(now) != pickle.dumps(before.numpy)


def _generator_state(generator: Any) -> Any:
    if isinstance(generator, torch.Generator):
        return generator.get_state()
    if isinstance(generator, random.Random):
        return generator.getstate()
    return generator.bit_generator.state


def _is_generator(value: Any) -> bool:
    kind = type(value)
    if kind is torch.Generator or kind is random.Random:
        return True
    return kind.__name__ == "Generator" and kind.__module__.startswith("numpy.random")


def _find_generators(models: Sequence[torch.nn.Module], frame: types.FrameType | None) -> list[Any]:
    """Explicit generators in the loop's variables, in the attributes of its `self`, and in the models."""
    found: dict[int, Any] = {}
    places: list[Mapping[str, Any]] = [vars(module) for model in models for module in model.modules()]
    if frame is not None:
        variables = dict(frame.f_locals)
        places += [variables, frame.f_globals]
        for value in variables.values():
            with contextlib.suppress(Exception):  # an object may do anything when it is asked for its attributes
                if _is_plain_object(value):
                    places.append(vars(value))
    for place in places:
        for value in list(place.values()):
            if _is_generator(value):
                found[id(value)] = value
    return list(found.values())[:16]


def _is_plain_object(value: Any) -> bool:
    return not isinstance(value, (type, types.ModuleType, types.FunctionType, torch.nn.Module))


class _BufferShadow:
    """Copies of those buffers that training changes, made at the start of each window."""

    def __init__(self, models: Sequence[torch.nn.Module]) -> None:
        self.slots: list[tuple[torch.nn.Module, str]] = []
        seen: set[int] = set()
        for model in models:
            for module in model.modules():
                if id(module) not in seen:
                    seen.add(id(module))
                    self.slots += [(module, name) for name, buffer in module._buffers.items() if buffer is not None]
        self.changing: set[int] = set()
        self.known: list[tuple[int, int]] = []
        self.first: dict[int, torch.Tensor] = {}
        self.windows = 0
        size = 0
        for index, (module, name) in enumerate(self.slots):
            buffer = module._buffers[name]
            assert buffer is not None
            self.known.append((id(buffer), buffer._version))
            # Batch normalisation writes its statistics without bumping the version.
            if name.startswith("running_") or name == "num_batches_tracked":
                self.changing.add(index)
            elif (size := size + buffer.numel() * buffer.element_size()) <= MAX_SHADOW_BYTES:
                self.first[index] = buffer.detach().clone()

    def take(self) -> list[tuple[int, torch.Tensor, torch.Tensor]]:
        """Index, buffer and copy of each buffer that changes."""
        if self.windows < 8 or self.windows % 64 == 0:
            self._look_for_changes()
        self.windows += 1
        taken = []
        for index in self.changing:
            module, name = self.slots[index]
            buffer = module._buffers.get(name)
            if buffer is not None:
                taken.append((index, buffer, buffer.detach().clone()))
        return taken

    def _look_for_changes(self) -> None:
        for index, (module, name) in enumerate(self.slots):
            buffer = module._buffers.get(name)
            if index not in self.changing and buffer is not None and self.known[index] != (id(buffer), buffer._version):
                self.changing.add(index)
                self.first.pop(index, None)

    @torch.no_grad()
    def restore(self, taken: Sequence[tuple[int, torch.Tensor, torch.Tensor]]) -> None:
        self._look_for_changes_of_first()
        for index, buffer, copy in taken:
            module, name = self.slots[index]
            module._buffers[name] = buffer
            buffer.copy_(copy)

    def _look_for_changes_of_first(self) -> None:
        """A buffer that had never changed before this window has its value of the beginning."""
        for index, copy in self.first.items():
            module, name = self.slots[index]
            buffer = module._buffers.get(name)
            if buffer is not None and self.known[index] != (id(buffer), buffer._version) and buffer.shape == copy.shape:
                buffer.copy_(copy)


def _is_state(value: Any, depth: int = 2) -> bool:
    """Whether a variable's value may be carried from step to step and is cheap to keep."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return True
    if isinstance(value, torch.Tensor):
        return value.grad_fn is None and value.numel() * value.element_size() <= MAX_KEPT_BYTES
    if isinstance(value, (tuple, list)) and depth and len(value) <= 64:
        return all(_is_state(part, depth - 1) for part in value)
    return False


class _Variables:
    """Variables of the loop's frame that its body rebinds, attributes of its `self`, and those attributes of modules that change."""

    def __init__(self, frame: types.FrameType | None, names: Iterable[str], attributes: Sequence[tuple[Any, str]]) -> None:
        self.values: dict[str, Any] = {}
        self.attributes: list[tuple[Any, str, Any]] = []
        if frame is not None:
            present = frame.f_locals
            for name in names:
                if name in present and _is_state(present[name]):
                    value = present[name]
                    self.values[name] = list(value) if isinstance(value, list) else value
            # The first argument of a method is its object.
            owner = present.get(frame.f_code.co_varnames[0]) if frame.f_code.co_argcount else None
            if isinstance(getattr(owner, "__dict__", None), dict) and _is_plain_object(owner):
                self.attributes += [(owner, name, value) for name, value in vars(owner).items() if _is_state(value)]
        for owner, name in attributes:
            value = getattr(owner, name, None)
            if _is_state(value):
                self.attributes.append((owner, name, value))

    def restore(self, frame: types.FrameType | None) -> None:
        for owner, name, value in self.attributes:
            if getattr(owner, name, None) is not value:
                with contextlib.suppress(Exception):
                    setattr(owner, name, value)
        if frame is not None:
            _set_variables(frame, self.values)


def _set_variables(frame: types.FrameType, values: Mapping[str, Any]) -> None:
    """Rebinds variables of a running frame."""
    if not values:
        return
    variables = frame.f_locals
    changed = {name: value for name, value in values.items() if variables.get(name, values) is not value}
    for name, value in changed.items():
        variables[name] = value
    # Up to 3.12 a function's variables are written back by this call alone; from 3.13 on f_locals writes through.
    if changed and sys.version_info < (3, 13) and frame.f_code.co_flags & 0x2:
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


class _ModuleAttributes:
    """Plain attributes of modules that training changes: counters, hidden states that are no buffers."""

    def __init__(self, models: Sequence[torch.nn.Module]) -> None:
        self.models = models
        self.changing: list[tuple[Any, str]] = []
        self._seen: dict[tuple[int, str], Any] = {}
        self._scans = 0

    def look(self) -> None:
        """Compares with what was there a window ago, for the first windows; then the list stands."""
        if self._scans >= 4:
            return
        self._scans += 1
        known = {(id(owner), name) for owner, name in self.changing}
        present: dict[tuple[int, str], Any] = {}
        for model in self.models:
            for module in model.modules():
                for name, value in list(vars(module).items()):
                    if name.startswith("_") or name == "training" or not _is_state(value):
                        continue
                    key = (id(module), name)
                    present[key] = value if not isinstance(value, (tuple, list)) else id(value)
                    if self._scans > 1 and key not in known and self._seen.get(key, present[key]) is not present[key]:
                        self.changing.append((module, name))
        self._seen = present if self._scans < 4 else {}


@functools.lru_cache(maxsize=64)
def _loop_at(path: str, line: int) -> tuple[ast.For, str | None] | None:
    """The `for` statement whose iterable stands in this line, with the name of the class around it."""
    source = "".join(linecache.getlines(path))
    if not source:
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found: tuple[ast.For, str | None] | None = None

    def visit(node: ast.AST, owner: str | None) -> None:
        nonlocal found
        if isinstance(node, ast.For) and node.lineno <= line <= (node.iter.end_lineno or node.lineno):
            found = (node, owner)
        for child in ast.iter_child_nodes(node):
            visit(child, node.name if isinstance(node, ast.ClassDef) else owner)

    visit(tree, None)
    return found


@functools.lru_cache(maxsize=64)
def _counter_names(code: types.CodeType, line: int) -> tuple[str, ...]:
    """Names that the loop itself binds: with `enumerate` around the loader one of them counts."""
    loop = _loop_at(code.co_filename, line)
    return tuple(_bound_in(loop[0].target)) if loop is not None else ()


def _set_at_next_line(frame: types.FrameType, values: Mapping[str, Any]) -> Callable[[], None]:
    """
    Rebinds variables when the frame comes to its next line: after the `for` statement has bound them. A counter outside
    of the recorder's reach would go on counting in the replay. The function that takes the tracing back.
    """
    before, before_local = sys.gettrace(), frame.f_trace

    def restore() -> None:
        sys.settrace(before)
        frame.f_trace = before_local

    def on_event(at: types.FrameType, event: str, _: Any) -> Any:
        if event == "line":
            for name, value in values.items():
                at.f_locals[name] = value
            restore()
            return before_local
        return on_event

    frame.f_trace = on_event
    sys.settrace(lambda *_: None)
    return restore


@functools.lru_cache(maxsize=64)
def _rebound_names(code: types.CodeType, line: int) -> tuple[str, ...]:
    """Names that the loop's body binds; where there is no source, all of the function's variables."""
    loop = _loop_at(code.co_filename, line)
    if loop is None:
        return code.co_varnames + code.co_cellvars
    return tuple(sorted({name for statement in loop[0].body for name in _bound_in(statement)}))


def _bound_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.id


# ---------------------------------------------------------------------------------------------------------------------
# The replay's trace: every operation, what it read and wrote, and which of its values are not finite.

_WRITES_NOTHING = ("aten::empty", "aten::new_empty", "aten::_efficientzerotensor", "aten::resize_", "aten::set_")
"""Their memory holds garbage until somebody writes it: no finding."""


_EXCHANGES = ("c10d::", "_c10d_functional::", "c10d_functional::")
"""Collectives: their results come from other processes, and later."""


MAX_EXPLAINED = 200
"""Operations whose operands are looked at closely, and kept: the root is nearly always among the first."""


MAX_KEPT_IN_TRACE = 256 * 2**20


class _Operation:
    """One operation of the replayed step."""

    __slots__ = (
        "index", "name", "stack", "module", "node", "node_number", "number", "inputs", "outputs", "bad_inputs",
        "makes_nan", "has_inf", "is_born", "is_deliberate", "reason", "bad_count", "size", "value", "dtype",
        "tensors", "kept", "bad_rows", "shrinks", "rules",
    )  # fmt: skip

    def __init__(self, index: int, name: str, stack: tuple[Site, ...], module: str | None) -> None:
        self.index = index
        self.name = name
        self.stack = stack
        self.module = module
        self.node: str | None = None
        """Name of the autograd node under way: the operation is part of the backward pass."""
        self.node_number: int | None = None
        self.number: int | None = None
        """Sequence number of the autograd node that this operation made in the forward pass."""
        self.inputs: list[dict[str, Any]] = []
        self.outputs: list[dict[str, Any]] = []
        self.bad_inputs: list[_Origin] = []
        self.makes_nan = False
        self.has_inf = False
        self.is_born = False
        """Whether a NaN or Inf begins here: none of the inputs has one that was not meant to be."""
        self.is_deliberate = False
        """Whether it only passes on an infinity that was written there on purpose, as masks are."""
        self.reason: str | None = None
        self.rules: list[str] = []
        self.bad_count = 0
        self.size = 0
        self.value: str | None = None
        self.dtype = ""
        self.tensors: list[dict[str, Any]] = []
        self.kept: list[tuple[str, torch.Tensor]] = []
        self.bad_rows: list[int] = []
        self.shrinks = False

    @property
    def is_bad(self) -> bool:
        return self.makes_nan or self.has_inf

    @property
    def is_backward(self) -> bool:
        return self.node is not None


class _Leaf:
    """A tensor that was there before the step and is not finite."""

    def __init__(self, kind: Literal["parameter", "buffer", "batch", "other"], name: str, tensor: torch.Tensor) -> None:
        self.kind = kind
        self.name = name
        self.statistics = _statistics(tensor, name)
        values = _values(_plain(tensor)[0])
        has_nan = values is not None and bool(torch.isnan(values).any())
        has_positive = values is not None and bool((values == math.inf).any())
        self.has_nan = has_nan
        self.is_deliberate = not has_nan and kind != "parameter" and (kind != "batch" or not has_positive)
        self.bad_rows = _bad_rows(values) if values is not None else []
        self.reader: _Operation | None = None


_Origin = _Operation | _Leaf


def _bad_rows(values: torch.Tensor) -> list[int]:
    """Indices along the first dimension that hold a NaN or Inf."""
    if values.dim() < 2:
        return []
    bad = ~torch.isfinite(values)
    return bad.flatten(1).any(1).nonzero().flatten()[:1000].tolist()


class _Trace(TorchDispatchMode):
    """Watches the operations below autograd, the backward pass included."""

    def __init__(self, name_of: Callable[[torch.Tensor], tuple[str, str] | None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.name_of = name_of
        """What a tensor from before the step is: its kind and its name."""
        self.operations: list[_Operation] = []
        self.origins: dict[int, list[_Origin]] = {}
        """By storage: who wrote the non-finite values that it may hold."""
        self.written: set[int] = set()
        self.collectives: dict[int, _Operation] = {}
        """By storage: the exchange between processes that fills it, at some time after its call."""
        self.last_exchange: _Operation | None = None
        self.extents: dict[tuple[Any, ...], tuple[float, float] | None] = {}
        self.nodes: dict[int, _Operation] = {}
        """By sequence number of the autograd node: the forward operation that made it."""
        self.modules: list[str | None] = []
        self.is_watching = True
        self.checks: list[tuple[str, dict[str, Any], tuple[Site, ...]]] = []
        self._explained = 0
        self._kept = 0
        self._last_number = 0
        self._stacks: dict[tuple[Site, ...], tuple[Site, ...]] = {}
        self._error: BaseException | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not self.is_watching:
            return func(*args, **kwargs)
        before: Any = None
        try:
            before = self._before(func, args, kwargs)
        except Exception as error:
            self._give_up(error)
        result = func(*args, **kwargs)
        if before is not None and self.is_watching:
            try:
                self._after(func, args, kwargs, result, *before)
            except Exception as error:
                self._give_up(error)
        return result

    def _give_up(self, error: BaseException) -> None:
        self._error = error
        self.is_watching = False

    @property
    def error(self) -> BaseException | None:
        return self._error

    def _before(self, func: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
        name = func._schema.name
        read = [tensor for tensor in _tensors([args, kwargs]) for tensor in _plain(tensor)]
        bad: list[tuple[torch.Tensor, list[_Origin]]] = []
        for tensor in read:
            origins = self._origins_of(tensor)
            if origins and not _is_finite(tensor):
                bad.append((tensor, origins))
        inputs = [_brief(tensor, self.extents.get(_identity(tensor))) for tensor in read]
        # What an operation changes in place is gone when its result is known to be bad.
        copies: dict[int, torch.Tensor] = {}
        if func._schema.is_mutable:
            for tensor in read:
                values = _values(tensor)
                if values is not None and values.numel() * values.element_size() <= MAX_TENSOR_BYTES:
                    copies[id(tensor)] = tensor.detach().clone()
        bad = [(copies.get(id(tensor), tensor), origins) for tensor, origins in bad]
        return name, [copies.get(id(tensor), tensor) for tensor in read], read, bad, inputs

    def _origins_of(self, tensor: torch.Tensor) -> list[_Origin]:
        key = _storage(tensor)
        if key is None:
            return []
        if key in self.collectives and key not in self.origins and not _is_finite(tensor):
            self.origins[key] = [_received(self.collectives.pop(key), tensor)]
        if key not in self.written and key not in self.origins:
            # The first time it is read: it was there before the step.
            self.origins[key] = []
            values = _values(tensor)
            if values is not None:
                extent = _extent(values)
                self.extents[_identity(tensor)] = extent
                if extent is not None and not (math.isfinite(extent[0]) and math.isfinite(extent[1])):
                    known = self.name_of(tensor)
                    if known is None and self.last_exchange is not None:
                        # Some backends exchange through memory of their own.
                        self.origins[key] = [_received(self.last_exchange, tensor)]
                    else:
                        kind, name = known or ("other", "a tensor from before the step")
                        self.origins[key] = [_Leaf(kind, name, tensor)]  # type: ignore[arg-type]
        return self.origins.get(key, [])

    def _after(
        self,
        func: Any,
        args: Any,
        kwargs: Any,
        result: Any,
        name: str,
        read: list[torch.Tensor],
        read_now: list[torch.Tensor],
        bad: list[tuple[torch.Tensor, list[_Origin]]],
        inputs: list[dict[str, Any]],
    ) -> None:
        stack = _stack(sys._getframe(2))
        stack = self._stacks.setdefault(stack, stack)
        operation = _Operation(len(self.operations), name, stack, self.modules[-1] if self.modules else None)
        self.operations.append(operation)
        self._connect_autograd(operation)
        if len(self.operations) <= MAX_OPERATIONS:
            operation.inputs = inputs
        changed = _changed(func, args, kwargs)
        results = [part for tensor in _tensors(result) for part in _plain(tensor)]
        written = results + [part for tensor in changed for part in _plain(tensor)]
        if name.startswith(_WRITES_NOTHING):
            for tensor in results:
                self._forget(tensor)
            return
        if name.startswith(_EXCHANGES):
            operation.bad_inputs = [origin for _, origins in bad for origin in origins]
            self.last_exchange = operation
            for tensor in written:
                self._forget(tensor)
                if (key := _storage(tensor)) is not None:
                    self.collectives[key] = operation
            return
        read_keys = {_storage(tensor) for tensor in read_now}
        changed_keys = {_storage(part) for tensor in changed for part in _plain(tensor)}
        bad_outputs: list[torch.Tensor] = []
        seen: set[int] = set()
        for tensor in written:
            if id(tensor) in seen:
                continue
            seen.add(id(tensor))
            key = _storage(tensor)
            is_view = key in read_keys and key not in changed_keys
            values = _values(tensor)
            extent = self._extent_of(tensor, values, read_now if is_view else [])
            if len(self.operations) <= MAX_OPERATIONS:
                operation.outputs.append(_brief(tensor, extent))
            is_bad = extent is not None and not (math.isfinite(extent[0]) and math.isfinite(extent[1]))
            if key is None or is_view:
                continue
            self.written.add(key)
            self.collectives.pop(key, None)
            if is_bad:
                bad_outputs.append(tensor)
                if key in changed_keys and key in self.origins and values is not None and not _covers(tensor):
                    self.origins[key] = [*self.origins[key], operation]
                else:
                    self.origins[key] = [operation]
            elif key not in changed_keys or _covers(tensor):
                self.origins.pop(key, None)
        if bad_outputs:
            self._judge(func, operation, args, kwargs, read, bad, bad_outputs)

    def _connect_autograd(self, operation: _Operation) -> None:
        node = torch._C._current_autograd_node()
        if node is not None:
            operation.node = node.name()
            number = node._sequence_nr()
            operation.node_number = number if number < 2**63 else None
        # The counter has moved on if autograd made a node for this operation. A custom Function makes its node first.
        number = torch._C._autograd._get_sequence_nr()
        if number != self._last_number:
            self._last_number = number
            operation.number = number - 1
            self.nodes[number - 1] = operation

    def _forget(self, tensor: torch.Tensor) -> None:
        key = _storage(tensor)
        if key is not None:
            self.written.add(key)
            self.origins.pop(key, None)

    def _extent_of(
        self, tensor: torch.Tensor, values: torch.Tensor | None, sources: Sequence[torch.Tensor]
    ) -> tuple[float, float] | None:
        if values is None:
            return None
        identity = _identity(tensor)
        # A view of all elements has the extent of what it views.
        for source in sources:
            known = self.extents.get(_identity(source))
            if known is not None and source.numel() == tensor.numel() and source.dtype is tensor.dtype:
                if _storage(source) == _storage(tensor):
                    self.extents[identity] = known
                    return known
        extent = self.extents[identity] = _extent(values)
        return extent

    def _judge(
        self,
        func: Any,
        operation: _Operation,
        args: Any,
        kwargs: Any,
        read: list[torch.Tensor],
        bad: list[tuple[torch.Tensor, list[_Origin]]],
        bad_outputs: list[torch.Tensor],
    ) -> None:
        """Decides whether the bad values of the outputs begin here or came in."""
        wrong = [_values(tensor) for tensor in bad_outputs]
        operation.makes_nan = any(bool(torch.isnan(values).any()) for values in wrong if values is not None)
        operation.has_inf = any(bool(torch.isinf(values).any()) for values in wrong if values is not None)
        if not bad:
            # Something else than an operation may have written into an input: a kernel of its own, say.
            for tensor in read:
                if (origins := self._origins_of(tensor)) and not _is_finite(tensor):
                    bad.append((tensor, origins))
                elif not _is_finite(tensor):
                    kind, name = self.name_of(tensor) or ("other", "a tensor written outside of PyTorch's dispatcher")
                    bad.append((tensor, [_Leaf(kind, name, tensor)]))  # type: ignore[arg-type]
        relevant = [pair for pair in bad if _reaches(func, args, pair[0], bad_outputs[0])]
        operation.bad_inputs = list({id(origin): origin for _, origins in relevant for origin in origins}.values())
        for origin in operation.bad_inputs:
            if isinstance(origin, _Leaf) and origin.reader is None:
                origin.reader = operation
        meant = [origin for origin in operation.bad_inputs if origin.is_deliberate]
        unmeant = [origin for origin in operation.bad_inputs if not origin.is_deliberate]
        nan_in = any(_has_nan(tensor) for tensor, _ in relevant)
        constant = not operation.makes_nan and _writes_infinity(func, args, kwargs)
        if operation.makes_nan:
            operation.is_born = not unmeant and not nan_in
        else:
            operation.is_deliberate = not unmeant and (constant or bool(meant) or _is_log_of_mask(func, read))
            operation.is_born = not unmeant and not operation.is_deliberate
        if operation.is_deliberate and read:
            operation.shrinks = bad_outputs[0].numel() < max(tensor.numel() for tensor in read)
        first_nan = operation.makes_nan and not nan_in
        if (operation.is_born or first_nan) and self._explained < MAX_EXPLAINED:
            self._explained += 1
            _explain(func, operation, args, kwargs, read, bad_outputs)
            self._kept += sum(_byte_count(tensor) for _, tensor in operation.kept)
            if self._kept > MAX_KEPT_IN_TRACE:
                operation.kept = []
        elif operation.shrinks or len(self.operations) < MAX_OPERATIONS:
            _count(operation, bad_outputs[0])


def _received(exchange: _Operation, tensor: torch.Tensor) -> _Operation:
    """The exchange has brought bad values: its own if one of its inputs was bad, else those of another process."""
    _count(exchange, tensor)
    exchange.makes_nan = _has_nan(tensor)
    exchange.has_inf = not exchange.makes_nan
    exchange.is_born = not exchange.bad_inputs
    return exchange


def _count(operation: _Operation, output: torch.Tensor) -> None:
    values = _values(output)
    if values is None:
        return
    operation.bad_count = int((~torch.isfinite(values)).sum())
    operation.size = values.numel()
    operation.dtype = _dtype_name(output.dtype)
    operation.value = _kind_of_value(values)


def _kind_of_value(values: torch.Tensor) -> str:
    if bool(torch.isnan(values).any()):
        return "nan"
    positive, negative = bool((values == math.inf).any()), bool((values == -math.inf).any())
    return "nonfinite" if positive and negative else ("inf" if positive else "-inf")


def _has_nan(tensor: torch.Tensor) -> bool:
    values = _values(tensor)
    return values is not None and bool(torch.isnan(values).any())


def _storage(tensor: torch.Tensor) -> int | None:
    """Identity of the memory, shared by all views; None where a tensor has none of its own."""
    if tensor.layout is not torch.strided:
        return id(tensor)
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):
        return None


def _identity(tensor: torch.Tensor) -> tuple[Any, ...]:
    """The same for two tensors that show the same elements of the same memory."""
    if tensor.layout is not torch.strided:
        return (id(tensor),)
    return (_storage(tensor), tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype)


def _covers(tensor: torch.Tensor) -> bool:
    """Whether the tensor shows all of its storage."""
    if tensor.layout is not torch.strided:
        return True
    try:
        return tensor.numel() * tensor.element_size() >= tensor.untyped_storage().nbytes()
    except (NotImplementedError, RuntimeError):
        return True


def _changed(func: Any, args: Any, kwargs: Any) -> list[torch.Tensor]:
    """The arguments that the operation writes into."""
    schema = func._schema
    if not schema.is_mutable:
        return []
    found: list[torch.Tensor] = []
    for index, argument in enumerate(schema.arguments):
        info = argument.alias_info
        if info is None or not info.is_write:
            continue
        value = args[index] if index < len(args) else kwargs.get(argument.name)
        found += list(_tensors(value))
    return found


def _reaches(func: Any, args: Any, tensor: torch.Tensor, output: torch.Tensor) -> bool:
    """Whether the bad elements of an input can be those of the output, as far as positions tell it."""
    values, result = _values(tensor), _values(output)
    if values is None or result is None:
        return True
    name = func._schema.name
    try:
        wrong_in, wrong_out = ~torch.isfinite(values), ~torch.isfinite(result)
        if name == "aten::where" and len(args) == 3 and isinstance(args[0], torch.Tensor):
            chosen = args[0] if tensor is args[1] else ~args[0] if tensor is args[2] else None
            if chosen is not None:
                return bool((wrong_in & chosen).any())
        if torch.Tag.pointwise in func.tags and _fits(values, result):
            return bool((wrong_in & wrong_out).any())
    except (RuntimeError, TypeError):
        return True
    return True


def _fits(one: torch.Tensor, whole: torch.Tensor) -> bool:
    """Whether one broadcasts to the other's shape."""
    return bool(torch.broadcast_shapes(one.shape, whole.shape) == whole.shape)  # type: ignore[no-untyped-call]


def _writes_infinity(func: Any, args: Any, kwargs: Any) -> bool:
    """Whether an infinity stands among the arguments: the value of a fill, a bound, a tensor made of a literal."""
    for value in [*args, *kwargs.values()]:
        if isinstance(value, float) and math.isinf(value):
            return True
    return func._schema.name in ("aten::lift_fresh", "aten::lift_fresh_copy", "aten::scalar_tensor")


def _is_log_of_mask(func: Any, read: Sequence[torch.Tensor]) -> bool:
    """The logarithm of zeros and ones outside the graph is a mask to be added."""
    if func._schema.name not in ("aten::log", "aten::log2", "aten::log_") or len(read) != 1:
        return False
    values = _values(read[0])
    return values is not None and not read[0].requires_grad and bool(((values == 0) | (values == 1)).all())


# ---------------------------------------------------------------------------------------------------------------------
# Why an operation gave a bad value: what its operands were where the result is bad.

_LOGARITHMS = {"log": 0.0, "log2": 0.0, "log10": 0.0, "log1p": -1.0}
_INVERSE = ("acos", "asin", "atanh", "acosh", "erfinv")
_SQUARE_ROOTS = ("sqrt", "rsqrt", "_foreach_sqrt")


def _explain(
    func: Any,
    operation: _Operation,
    args: Any,
    kwargs: Any,
    read: Sequence[torch.Tensor],
    bad_outputs: Sequence[torch.Tensor],
) -> None:
    """Fills in the counts, the operands' statistics, the reason and the values to keep."""
    output = bad_outputs[0]
    _count(operation, output)
    values = _values(output)
    if values is None:
        return
    operation.bad_rows = _bad_rows(values)
    operands = [tensor for tensor in read if _values(tensor) is not None]
    operation.tensors = [_statistics(tensor, f"input {index}") for index, tensor in enumerate(operands)]
    operation.tensors += [_statistics(tensor, f"output {index}") for index, tensor in enumerate(bad_outputs)]
    row = operation.bad_rows[0] if operation.bad_rows else 0
    operation.kept = [
        (f"{kind}{index}", cropped)
        for kind, group in (("input", operands), ("output", bad_outputs))
        for index, tensor in enumerate(group[:4])
        if (cropped := _cropped(tensor, row)) is not None
    ]
    operation.reason, operation.rules = _reason(_short(operation.name), args, kwargs, operands, values)


def _short(name: str) -> str:
    """`log` of `aten::log_`"""
    bare = name.split("::", 1)[-1]
    return bare[:-1] if bare.endswith("_") and not bare.endswith("__") else bare


def _cropped(tensor: torch.Tensor, row: int) -> torch.Tensor | None:
    """A copy of the tensor, or of as many rows around the first bad one as the limit allows, on the CPU."""
    parts = _plain(tensor)
    if len(parts) != 1 or parts[0].layout is not torch.strided:
        return None
    part = parts[0].detach()
    if part.device.type == "meta" or type(part).__name__ == "FakeTensor":
        return None
    size = part.numel() * part.element_size()
    if size > MAX_TENSOR_BYTES:
        if part.dim() == 0 or part.shape[0] < 2:
            return None
        count = int(MAX_TENSOR_BYTES // max(1, size // part.shape[0]))
        if count == 0:
            return None
        first = max(0, min(row - count // 2, part.shape[0] - count))
        part = part[first : first + count]
    return part.to("cpu", copy=True).contiguous()


def _at(operand: Any, wrong: torch.Tensor) -> torch.Tensor | None:
    """The operand's elements where the result is bad; None where the shapes do not say which those are."""
    if isinstance(operand, (int, float)):
        return torch.tensor([float(operand)])
    if not isinstance(operand, torch.Tensor):
        return None
    parts = _plain(operand)
    if len(parts) != 1:
        return None
    values = parts[0].detach()
    if values.is_complex():
        return None
    try:
        if not _fits(values, wrong):
            return None
        return values.expand(wrong.shape)[wrong].double()
    except RuntimeError:
        return None


def _largest(operands: Sequence[torch.Tensor]) -> float | None:
    found = [_extent(values) for tensor in operands if (values := _values(tensor)) is not None]
    magnitudes = [max(abs(low), abs(high)) for extent in found if extent is not None for low, high in [extent]]
    finite = [magnitude for magnitude in magnitudes if math.isfinite(magnitude)]
    return max(finite) if finite else None


def _reason(
    name: str, args: Any, kwargs: Any, operands: Sequence[torch.Tensor], result: torch.Tensor
) -> tuple[str | None, list[str]]:
    """A clause for after "because", and the codes of the rules that know the hazard."""
    wrong = ~torch.isfinite(result)
    has_nan = bool(torch.isnan(result).any())
    first = _at(args[0], wrong) if args else None
    second = _at(args[1], wrong) if len(args) > 1 else None
    if name in _LOGARITHMS and first is not None and first.numel():
        pole = _LOGARITHMS[name]
        if bool((first == pole).any()):
            return f"its operand is exactly {_word(pole)} there", ["NAN101"]
        return f"its operand is down to {_word(float(first.min()))} there", ["NAN101"]
    if name in ("div", "true_divide", "reciprocal", "remainder", "fmod"):
        below = first if name == "reciprocal" else second
        above = None if name == "reciprocal" else first
        if below is not None and bool((below == 0).any()):
            if above is not None and bool(((above == 0) & (below == 0)).any()):
                return "it divides 0 by 0 there", ["NAN102"]
            return "its denominator is exactly 0 there", ["NAN102"]
        if above is not None and below is not None and bool(torch.isinf(above).any() & torch.isinf(below).any()):
            return "it divides infinity by infinity there", ["NAN102"]
        if below is not None and below.numel() and 0 < float(below.abs().min()) < 1e-3:
            return f"its denominator is as small as {_word(float(below.abs().min()))} there", ["NAN102"]
    if name in _SQUARE_ROOTS and first is not None and first.numel():
        low = float(first.min())
        if low < 0:
            return f"its operand is negative there (down to {_word(low)})", ["NAN103"]
        if low == 0:
            return "its operand is exactly 0 there", ["NAN102"]
    if name in ("pow", "float_power"):
        clause = _reason_of_power(first, second)
        if clause is not None:
            return clause, ["NAN106"]
    if name in ("exp", "expm1", "exp2", "sinh", "cosh") and first is not None and first.numel():
        if not bool(torch.isnan(first).any()):
            peak = float(first.abs().max() if name in ("sinh", "cosh") else first.max())
            limit = _word(math.log(torch.finfo(result.dtype).max) / (math.log(2) if name == "exp2" else 1))
            kind = _dtype_name(result.dtype)
            return f"its operand reaches {_word(peak)} there, and {kind} overflows above {limit}", ["NAN104"]
    if name in _INVERSE and first is not None and first.numel():
        return f"its operand reaches {_word(float(first.abs().max()))} there, outside of its domain", ["NAN105"]
    if name in ("_softmax", "_log_softmax", "softmax", "log_softmax", "_safe_softmax", "logsumexp"):
        source = _values(operands[0]) if operands else None
        if source is not None and bool((source == -math.inf).any()) and has_nan:
            return "every score of a row is -inf there (all of it is masked)", ["NAN107"]
    if name in ("std", "var", "std_mean", "var_mean") and operands:
        return f"it is taken over too few elements (shape {list(operands[0].shape)})", ["NAN108"]
    if name in ("mean", "native_layer_norm", "nanmean") and operands and operands[0].numel() == 0:
        return "it is the mean of no elements", ["NAN108"]
    if "nll_loss" in name:
        return "no label counts: all are ignored, or their weights are 0", ["NAN108"]
    if name in ("mul", "_foreach_mul") and has_nan and first is not None and second is not None:
        if bool(((first == 0) | (second == 0)).any()):
            return "it multiplies 0 by infinity there", ["NAN109"]
    if name in ("sub", "add") and has_nan and first is not None and second is not None:
        return "it adds infinities of opposite sign there", []
    if "linalg" in name or name in ("cholesky", "inverse", "_linalg_svd", "_linalg_eigh"):
        return "its matrix is singular or badly conditioned", ["NAN112"]
    return _reason_of_overflow(name, operands, result), []


def _reason_of_power(base: torch.Tensor | None, exponent: torch.Tensor | None) -> str | None:
    if base is None or exponent is None or base.numel() == 0:
        return None
    low = float(base.min())
    if bool(((base == 0) & (exponent < 0)).any()):
        return "it raises 0 to a negative power there"
    if low < 0 and bool((exponent != exponent.round()).any()):
        return f"its base is negative there (down to {_word(low)})"
    return f"its base reaches {_word(float(base.abs().max()))} there"


def _reason_of_overflow(name: str, operands: Sequence[torch.Tensor], result: torch.Tensor) -> str | None:
    """All operands are finite and the result is not: too large for its type, or outside of a domain that is not known."""
    peak = _largest(operands)
    if peak is None:
        return None
    kind = _dtype_name(result.dtype)
    limit = torch.finfo(result.dtype).max
    if any(not _is_finite(tensor) for tensor in operands):
        return None
    if bool(torch.isnan(result).any()) and peak < limit**0.25:
        return f"its operands are finite and reach {_word(peak)}"
    return f"the result is beyond the largest {kind}, {_word(limit)}; its operands reach {_word(peak)}"


# ---------------------------------------------------------------------------------------------------------------------
# The verdict: from the bad loss or gradient back to the operation where the bad values began.


class _Finding:
    """What the replay found."""

    def __init__(
        self, root: _Origin, first_nan: _Operation | None, forward: _Operation | None, is_loss: bool, parameter: str | None
    ) -> None:
        self.root = root
        """Where the bad values began."""
        self.first_nan = first_nan
        """The operation that turned the root's Inf into the first NaN, where that is another one."""
        self.forward = forward
        """Of an operation of the backward pass: the one of the forward pass whose gradient it computes."""
        self.is_loss = is_loss
        self.parameter = parameter
        """The first parameter whose gradient is bad."""
        self.was_bad_from_the_start = False
        """Of a parameter: it was not finite before the first step."""
        self.sample: int | None = None
        """Of bad data: its index in the data set."""
        self.grown: tuple[str, float] | None = None
        """The largest parameter and its largest element, where it is too large to be meant."""
        self.last_step: Site | None = None
        """The line of the last update, which is to blame for a bad parameter."""

    @property
    def stack(self) -> tuple[Site, ...]:
        """The calls that lead to the blamed line."""
        root = self.root
        if isinstance(root, _Leaf):
            if root.kind == "parameter" and self.last_step is not None:
                return (self.last_step,)
            return root.reader.stack if root.reader is not None else ()
        if root.is_backward:
            own = _stack_inside_backward(root.stack)
            if own:
                return own
            return self.forward.stack if self.forward is not None else root.stack
        return root.stack

    @property
    def site(self) -> Site | None:
        return _user_site(self.stack)


def _stack_inside_backward(stack: tuple[Site, ...]) -> tuple[Site, ...]:
    """The part of a stack below the autograd engine, if the user's own code runs there: a custom backward, a hook, a recomputation."""
    inside: list[Site] = []
    for site in stack:
        if site[0].co_name == _ENGINE:
            break
        inside.append(site)
    has_own = len(inside) < len(stack) and any(_owner(code.co_filename) in ("user", "library") for code, _ in inside)
    return tuple(inside) if has_own else ()


def _ancestors(starts: Iterable[_Origin]) -> list[_Origin]:
    """All that bad values came through on their way to the starts."""
    seen: dict[int, _Origin] = {}
    pending = list(starts)
    while pending:
        origin = pending.pop()
        if id(origin) in seen:
            continue
        seen[id(origin)] = origin
        if isinstance(origin, _Operation) and not origin.is_born:
            pending += origin.bad_inputs
    return list(seen.values())


def _blame(trace: _Trace, starts: Sequence[_Origin], is_loss: bool, parameter: str | None, since: int) -> _Finding | None:
    """
    The root is the Inf that fed the first NaN, else the first operation that made a bad value. An infinity that was
    meant (a mask) is no root: the operation that turns it into NaN is.
    """
    found = _ancestors(starts)
    operations = sorted((o for o in found if isinstance(o, _Operation)), key=lambda o: o.index)
    # A step before the one that failed, in the same window, is not its cause.
    recent = [operation for operation in operations if operation.index >= since]
    operations = recent or operations
    leaves = [origin for origin in found if isinstance(origin, _Leaf) and not origin.is_deliberate]
    nans = [operation for operation in operations if operation.makes_nan]
    first_nan = nans[0] if nans else None
    if leaves:
        order = {"parameter": 0, "batch": 1, "buffer": 2, "other": 3}
        bad_leaf = min(leaves, key=lambda leaf: (leaf.reader.index if leaf.reader else 0, order[leaf.kind]))
        born = [operation for operation in operations if operation.is_born]
        if not born or bad_leaf.reader is None or bad_leaf.reader.index <= born[0].index:
            return _Finding(bad_leaf, None, None, is_loss, parameter)
    root: _Operation | None = None
    if first_nan is not None:
        before = _ancestors([first_nan])
        born = sorted(
            (o for o in before if isinstance(o, _Operation) and o.is_born and o.index >= since), key=lambda o: o.index
        )
        root = born[0] if born else first_nan
    else:
        root = next((operation for operation in operations if operation.is_born), None)
        if root is None:
            # Only infinities that seemed to be meant lead here. Those of the data were none; of others, the first
            # operation that drew one into a smaller result let it out.
            of_batch = next((o for o in found if isinstance(o, _Leaf) and o.kind == "batch"), None)
            if of_batch is not None:
                return _Finding(of_batch, None, None, is_loss, parameter)
            root = next((operation for operation in operations if operation.shrinks), None)
            root = root or (operations[-1] if operations else None)
    if root is None:
        return None
    forward = trace.nodes.get(root.node_number) if root.is_backward and root.node_number is not None else None
    return _Finding(root, first_nan if first_nan is not root else None, forward, is_loss, parameter)


def _bad_starts(trace: _Trace, tensor: torch.Tensor) -> list[_Origin]:
    return [origin for part in _plain(tensor) for origin in trace._origins_of(part)]


_VALUE_WORDS = {"nan": "NaN", "inf": "Inf", "-inf": "-Inf", "nonfinite": "Inf and -Inf", None: "NaN or Inf"}


def _sentence(finding: _Finding, step: int, rank: int | None) -> str:
    """What happened, where in the run, at which line, and why."""
    where = f"Step {step}" + (f", rank {rank}" if rank is not None else "")
    root = finding.root
    site = finding.site
    at = f" at {_place(site)}" if site is not None else ""
    if isinstance(root, _Leaf):
        statistics = root.statistics
        total = math.prod(statistics["shape"])
        bad = sum(statistics.get(key, 0) for key in ("nan", "posInf", "negInf"))
        count = f"{bad} of {_plural(total, 'element')} {'is' if bad == 1 else 'are'} NaN or Inf"
        if root.kind == "parameter":
            update = finding.last_step
            made = f" The update at {_place(update)} in an earlier step made it so." if update is not None else ""
            if finding.was_bad_from_the_start:
                made = " It was so when the recorder began: initialisation, or a checkpoint."
            return f"{where}: the damage came before this step: parameter `{root.name}` is not finite ({count}).{made}"
        if root.kind == "batch":
            rows = f", first in row {root.bad_rows[0]}" if root.bad_rows else ""
            if rows and finding.sample is not None:
                rows += f", sample {finding.sample} of the data set"
            subject = "the batch" if root.name == "batch" else f"`{root.name}` of the batch"
            return f"{where}: the data: {subject} is not finite ({count}{rows}); first read{at}."
        noun = f"buffer `{root.name}`" if root.kind == "buffer" else root.name
        return f"{where}: {noun} was not finite before this step ({count}); first read{at}."
    operation = root
    value = _VALUE_WORDS[operation.value]
    if operation.name.startswith(_EXCHANGES):
        return f"{where}: {value} came from another process, through `{_short(operation.name)}`{at}."
    count = f" in {operation.bad_count} of {_plural(operation.size, 'element')}" if operation.size > 1 else ""
    because = f", because {operation.reason}" if operation.reason else ""
    if operation.is_backward:
        forward_name = _forward_name(finding)
        if forward_name in ("sqrt", "_foreach_sqrt", "linalg_vector_norm", "norm"):
            # The derivative divides by twice the root.
            because = because.replace("its denominator is exactly", "the value under the root is exactly")
            because = because.replace("it divides 0 by 0", "the value under the root is exactly 0")
        elif forward_name in _LOGARITHMS:
            because = because.replace("its denominator is", "its operand is")
        subject = _forward_name(finding)
        return f"{where}, backward: the gradient of `{subject}`{at} becomes {value}{count}{because}."
    grown = ""
    if finding.grown is not None and "beyond the largest" in because:
        name, peak = finding.grown
        grown = f" Parameter `{name}` has grown to {_word(peak)}: earlier updates were too large."
    return f"{where}, forward: `{_short(operation.name)}`{at} gives {value}{count}{because}.{grown}"


def _forward_name(finding: _Finding) -> str:
    """What the forward pass calls the operation whose gradient is bad."""
    root = finding.root
    assert isinstance(root, _Operation) and root.node is not None
    name = root.node.split("::")[-1]
    if finding.forward is not None and not _stack_inside_backward(root.stack):
        return _short(finding.forward.name)
    return name


def _kind(operation: _Operation) -> str:
    if operation.is_backward:
        return "nan-backward" if operation.makes_nan else "grad-nonfinite"
    return "nan-forward" if operation.makes_nan else "inf-forward"


def _leaf_rules(leaf: _Leaf) -> list[str]:
    """Rules that know how a tensor from before the step came to be bad."""
    if leaf.kind == "batch":
        return ["NAN702"]
    # Adam's eps vanishes in half precision, and the first update divides by 0.
    return ["NAN503", "NAN504"] if leaf.kind == "parameter" and leaf.statistics["dtype"] == "float16" else []


def _gradient_rules(finding: _Finding) -> list[str]:
    """Rules that know the hazard of a backward root."""
    root = finding.root
    if not isinstance(root, _Operation):
        return []
    if not root.is_backward:
        return root.rules
    name = root.node or ""
    if name.startswith(("Sqrt", "Pow", "Rsqrt", "Norm", "LinalgVectorNorm")):
        return ["NAN201"]
    if name.startswith(("Acos", "Asin", "Atanh")):
        return ["NAN105"]
    if name.startswith("Log") and not name.startswith(("LogSoftmax", "Logsumexp")):
        return ["NAN101"]
    return root.rules


def _anomalies(finding: _Finding, sentence: str, step: int, rank: int | None, loss: float | None) -> list[dict[str, Any]]:
    """The dump's list: the root, the first NaN it led to, and the loss or the gradient that showed it."""
    root = finding.root
    common = {"step": step, "rank": rank}
    site = finding.site
    source = _location(site) if site is not None else None
    frames = _frames(finding.stack)
    result: list[dict[str, Any]] = []
    if isinstance(root, _Leaf):
        value = "nan" if root.has_nan else "inf"
        result.append(
            {
                "kind": "input-nan" if root.kind == "batch" else "overflow",
                "value": value,
                "role": "first",
                "op": _operation_name(root.reader) if root.reader is not None else None,
                "module": root.reader.module if root.reader is not None else None,
                "param": root.name if root.kind == "parameter" else None,
                **common,
                "source": source,
                "frames": frames,
                "message": sentence,
                "tensors": [root.statistics],
                "rules": _leaf_rules(root),
            }
        )
    else:
        module = root.module or (finding.forward.module if finding.forward is not None else None)
        result.append(
            {
                "kind": _kind(root),
                "value": root.value,
                "role": "first",
                "op": root.node or root.name,
                "outputIndex": 0,
                "module": module,
                "param": None,
                **common,
                "source": source,
                "frames": frames,
                "message": sentence,
                "tensors": root.tensors[:16],
                "rules": _gradient_rules(finding),
            }
        )
    follower = finding.first_nan
    if follower is not None and isinstance(root, _Operation):
        follower_site = _user_site(_stack_inside_backward(follower.stack) or follower.stack)
        result.append(
            {
                "kind": _kind(follower),
                "value": "nan",
                "role": "consequence",
                "op": follower.node or follower.name,
                "module": follower.module,
                **common,
                "source": _location(follower_site) if follower_site is not None else None,
                "message": f"`{_short(follower.name)}` makes the first NaN of it.",
                "tensors": follower.tensors[:8],
            }
        )
    if finding.is_loss and loss is not None:
        is_nan = math.isnan(loss)
        word = "nan" if is_nan else "inf" if loss > 0 else "-inf"
        kind = "loss-nan" if is_nan else "loss-inf"
        message = f"The loss is {_VALUE_WORDS[word]}."
        result.append({"kind": kind, "value": word, "role": "consequence", "metric": "loss", **common, "message": message})
    elif finding.parameter is not None:
        result.append(
            {
                "kind": "grad-nonfinite",
                "value": "nonfinite",
                "role": "consequence",
                "param": finding.parameter,
                **common,
                "message": f"The gradient of `{finding.parameter}` is not finite.",
            }
        )
    return result


def _operation_name(operation: _Operation) -> str:
    return operation.node or operation.name


# ---------------------------------------------------------------------------------------------------------------------
# What is left on disk: the dump, the tensors beside it, the history. No half-written file ever stands under its name.


def _write_whole(path: str, pieces: Iterable[bytes]) -> None:
    """Writes beside the target and renames, so that a crash at any moment leaves the old file, the new one or none."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{os.path.basename(path)}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


_SAFETENSORS_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.complex64: "C64",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def _safetensors(tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> Iterator[bytes]:
    """The file format of https://github.com/huggingface/safetensors: length, JSON header, then the bytes."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    offset = 0
    bodies: list[torch.Tensor] = []
    for name, tensor in tensors.items():
        kind = _SAFETENSORS_TYPES.get(tensor.dtype)
        if kind is None:
            tensor, kind = (tensor.to(torch.complex64), "C64") if tensor.is_complex() else (tensor.float(), "F32")
        body = tensor.contiguous().reshape(-1).view(torch.uint8) if tensor.numel() else torch.empty(0, dtype=torch.uint8)
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + body.numel()]}
        offset += body.numel()
        bodies.append(body)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text))
    yield text
    for body in bodies:
        for start in range(0, body.numel(), 2**20):
            yield _bytes_of(body[start : start + 2**20])


def _bytes_of(body: torch.Tensor) -> bytes:
    """Without NumPy, which need not be there."""
    return ctypes.string_at(body.data_ptr(), body.numel())


def _json_bytes(dump: dict[str, Any]) -> bytes:
    """The dump as JSON of at most 2 MB: operations far from the first bad one go first, then the older history."""
    while True:
        text = json.dumps(dump, allow_nan=False, separators=(",", ":"), default=str).encode()
        if len(text) <= MAX_JSON_BYTES:
            return text
        operations = dump["operations"]
        if len(operations) > 16:
            bad = next((i for i, operation in enumerate(operations) if operation.get("nonFinite")), len(operations) // 2)
            half = max(8, len(operations) * MAX_JSON_BYTES // (2 * len(text)) - 4)
            dump["operations"] = operations[max(0, bad - half) : bad + half // 2]
            if len(dump["operations"]) >= len(operations):
                dump["operations"] = operations[: len(operations) // 2]
            continue
        if any(len(series["values"]) > 16 for series in dump["history"]):
            for series in dump["history"]:
                for key in ("steps", "values"):
                    series[key] = series[key][-(len(series[key]) // 2) :]
            continue
        dump["operations"] = []
        if len(dump["anomalies"]) > 1:
            dump["anomalies"] = dump["anomalies"][:1]
            continue
        dump["anomalies"][0]["frames"] = dump["anomalies"][0].get("frames", [])[-3:]
        return json.dumps(dump, allow_nan=False, separators=(",", ":"), default=str).encode()


def _as_operation(operation: _Operation, trace: _Trace) -> dict[str, Any]:
    stack = operation.stack
    if operation.is_backward and not _stack_inside_backward(stack) and operation.node_number in trace.nodes:
        stack = trace.nodes[operation.node_number].stack
    site = _user_site(stack)
    result: dict[str, Any] = {"name": operation.name, "phase": "backward" if operation.is_backward else "forward"}
    if operation.module is not None:
        result["module"] = operation.module
    if site is not None:
        result["source"] = {key: value for key, value in _location(site).items() if key != "text"}
    inputs, outputs = operation.inputs[:MAX_TENSORS_OF_ONE], operation.outputs[:MAX_TENSORS_OF_ONE]
    return result | {"inputs": inputs, "outputs": outputs, "nonFinite": operation.is_bad}


class _History:
    """The run's numbers: a ring of the last steps in memory, and an append-only file that a viewer can follow."""

    FLUSH_SECONDS = 2.0
    THIN_AFTER = 50_000
    """Lines at full detail; then each tenth step is written, and each hundredth after ten times as many."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.ring: collections.deque[dict[str, Any]] = collections.deque(maxlen=HISTORY_STEPS)
        self._file: Any = None
        self._last_flush = 0.0

    def add(self, step: int, values: Mapping[str, float | None]) -> None:
        """`values` holds loss, grad_norm, lr and scale; what is not known is None."""
        row = {"step": step} | {name: value for name, value in values.items() if value is not None}
        self.ring.append(row)
        if self.path is None:
            return
        every = 1 if step < self.THIN_AFTER else 10 if step < 10 * self.THIN_AFTER else 100
        if step % every and all(math.isfinite(value) for value in row.values()):
            return
        try:
            if self._file is None:
                os.makedirs(os.path.dirname(self.path), exist_ok=True)
                self._file = open(self.path, "a", encoding="utf-8")  # noqa: SIM115
            numbers = {name: value if name == "step" else _number(value) for name, value in row.items()}
            self._file.write(json.dumps(numbers, allow_nan=False) + "\n")
            now = time.monotonic()
            if now - self._last_flush > self.FLUSH_SECONDS or not all(math.isfinite(v) for v in row.values()):
                self._last_flush = now
                self._file.flush()
        except (OSError, ValueError) as error:
            _say(f"the history is not written: {error}")
            self.close()
            self.path = None

    def series(self) -> list[dict[str, Any]]:
        """By name: the steps and values of the ring."""
        result = []
        for name in ("loss", "grad_norm", "lr", "scale"):
            rows = [row for row in self.ring if name in row]
            if rows:
                values = [_number(row[name]) for row in rows]
                result.append({"name": name, "steps": [row["step"] for row in rows], "values": values})
        return result

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file.close()
            self._file = None


class _Run:
    """A training run: what goes on where a script makes a recorder anew for each epoch."""

    count = 0

    def __init__(self, out: str, wants_history: bool) -> None:
        self.out = out
        self.number = _Run.count
        _Run.count += 1
        self.name: str | None = None
        """Of its folder; not known before the first file."""
        self.started = datetime.datetime.now(datetime.timezone.utc)
        self.step = 0
        self.anomalies = 0
        self.wants_history = wants_history
        self.history = _History(None)
        self.recorder: weakref.ref[Recorder] | None = None


_runs: weakref.WeakKeyDictionary[Any, _Run] = weakref.WeakKeyDictionary()
"""By the optimizer or model that is trained."""


def _run_of(recorder: Recorder, history: bool) -> _Run:
    """The run of this optimizer, which an earlier recorder may have begun: that one hands over."""
    trained = next(iter([*recorder._optimizers, *recorder._models]), None)
    run = _runs.get(trained) if trained is not None else None
    if run is None or run.out != recorder.out:
        run = _Run(recorder.out, history)
    if trained is not None:
        _runs[trained] = run
    earlier = run.recorder() if run.recorder is not None else None
    if earlier is not None:
        earlier._retire()
    run.recorder = weakref.ref(recorder)
    return run


def _save(
    path: str, dump: dict[str, Any], kept: Sequence[tuple[str, torch.Tensor]], metadata: Mapping[str, str]
) -> str | None:
    """Writes the tensors, then the dump that names them. Returns why it could not, in words."""
    sibling = path.removesuffix(".nandump.json") + ".safetensors"
    try:
        chosen: dict[str, torch.Tensor] = {}
        size = 0
        for name, tensor in kept:
            size += tensor.numel() * tensor.element_size()
            if size <= MAX_TENSORS_BYTES:
                chosen[name] = tensor
        if chosen:
            try:
                _write_whole(sibling, _safetensors(chosen, metadata))
                dump["tensorsFile"] = os.path.basename(sibling)
            except OSError as error:
                _say(f"the tensors could not be kept: {error}")
        _write_whole(path, [_json_bytes(dump)])
    except (OSError, ValueError, TypeError) as error:
        with contextlib.suppress(OSError):
            os.unlink(sibling)  # of no use by itself
        return str(error) or type(error).__name__
    return None


# ---------------------------------------------------------------------------------------------------------------------
# A window: the batches between two updates of the parameters, with all that is needed to run them again.


class _MicroBatch:
    """One fetch of the loop."""

    __slots__ = ("batch", "counters", "fetched", "fetched_size", "is_copy", "had_backward", "random", "sample_indices", "shown", "versions", "index", "size")

    def __init__(
        self, batch: Any, given: Any, index: int, random_state: _RandomState, sample_indices: list[int] | None
    ) -> None:
        self.batch = batch
        self.is_copy = batch is not given
        """Whether `batch` is a copy of what the loop was given, for the loop writes into it."""
        self.shown = batch
        """The same with names, where its parts are a function's arguments."""
        self.index = index
        self.random = random_state
        self.sample_indices = sample_indices
        self.versions = [(tensor, tensor._version) for tensor in _tensors(given) if not tensor.is_inference()]
        self.fetched: list[Any] = []
        """What the body itself fetched from data loaders, in order."""
        self.fetched_size = 0
        self.had_backward = False
        self.counters: dict[str, Any] = {}
        """What the loop bound beside the batch: `i` of `enumerate`."""
        self.size = _byte_count(batch)

    @property
    def was_changed(self) -> bool:
        """Whether the batch was written into since it was fetched."""
        return any(tensor._version != version for tensor, version in self.versions)


def _cloned(batch: Any, depth: int = 4) -> Any:
    """A batch whose tensors may be written into; what is no tensor, tuple, list or mapping stays itself."""
    if isinstance(batch, torch.Tensor):
        return batch.clone() if batch.grad_fn is None else batch
    if depth == 0:
        return batch
    if type(batch) in (list, tuple):
        return type(batch)(_cloned(part, depth - 1) for part in batch)
    if type(batch) is dict:
        return {key: _cloned(part, depth - 1) for key, part in batch.items()}
    return batch


class _Trip:
    """Why a window is to be replayed."""

    def __init__(
        self, cause: Literal["loss", "gradients", "skips", "check", "peer", "left"], check: int, losses: list[float]
    ) -> None:
        self.cause = cause
        self.check = check
        """Which of the window's checks found it, from 0: one before each update, one for each run of a closure."""
        self.losses = losses


class _Window:
    def __init__(self, step: int, buffers: list[Any], variables: _Variables | None) -> None:
        self.step = step
        self.buffers = buffers
        self.variables = variables
        self.micro: list[_MicroBatch] = []
        self.losses: list[torch.Tensor] = []
        """Detached, of all backward calls in order."""
        self.looked_at = 0
        """How many of the losses earlier checks have seen."""
        self.checks = 0
        self.trip: _Trip | None = None
        self.row: dict[str, float | None] = {}
        self.closures: list[_ClosureState] = []
        self.stepped: list[torch.optim.Optimizer] = []
        self.bad_parameters: list[str] = []
        """Where nothing can be run again: whose gradients were not finite."""
        self.is_cut = False
        """Whether the oldest batches were let go."""
        self.flags: torch.Tensor | None = None
        """Freeze mode: loss, norm and whether they are bad, on their way to the host."""
        self.event: Any = None
        self.flagged_check = 0
        self.rerun: Callable[[Any], Any] | None = None
        """Runs one of the batches again, where not the user's loop but a decorated function took them."""

    @property
    def is_open(self) -> bool:
        """Whether the parameters have not been updated since it began."""
        return self.checks == 0

    def let_go(self) -> None:
        """Keeps an endless window small."""
        size = sum(micro.size for micro in self.micro)
        while len(self.micro) > 1 and (len(self.micro) > MAX_WINDOW_BATCHES or size > MAX_WINDOW_BYTES):
            size -= self.micro.pop(0).size
            self.is_cut = True
        if len(self.losses) > 4 * MAX_WINDOW_BATCHES:
            cut = len(self.losses) - 2 * MAX_WINDOW_BATCHES
            del self.losses[:cut]
            self.looked_at = max(0, self.looked_at - cut)
            self.is_cut = True


_ONE_EVALUATION = frozenset(
    "Adadelta Adafactor Adagrad Adam AdamW Adamax ASGD Muon NAdam RAdam RMSprop Rprop SGD SparseAdam".split()
)
"""Optimizers of PyTorch that run a closure once, before they change anything."""


MAX_STATE_BYTES = 512 * 2**20


def _state_size(optimizer: torch.optim.Optimizer) -> int:
    """Bytes of parameters and state together."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return _byte_count(parameters) + sum(_byte_count(state) for state in optimizer.state.values())


class _ClosureState:
    """Parameters and state of an optimizer that moves more than once in a window: LBFGS within its step, PPO's between."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        self.parameters = [
            (parameter, parameter.detach().clone()) for group in optimizer.param_groups for parameter in group["params"]
        ]
        self.state = {parameter: copy.deepcopy(state) for parameter, state in optimizer.state.items()}
        self.options = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
        """Learning rate and the like, which a scheduler may change at the window's end."""

    @torch.no_grad()
    def restore(self) -> None:
        for parameter, value in self.parameters:
            parameter.copy_(value)
        self.optimizer.state.clear()
        for parameter, state in self.state.items():
            self.optimizer.state[parameter] = copy.deepcopy(state)
        for group, options in zip(self.optimizer.param_groups, self.options):
            group.update(options)


class _Replay(contextlib.AbstractContextManager["_Replay"]):
    """Runs a window once more: restores what it began with, watches every operation, leaves the parameters alone."""

    def __init__(self, recorder: Recorder, window: _Window, trip: _Trip, frame: types.FrameType | None) -> None:
        self.recorder = recorder
        self.window = window
        self.trip = trip
        self.frame = frame
        self.trace = _Trace(self._name_of)
        self.finding: _Finding | None = None
        self.is_done = False
        self.checks = 0
        self.losses: list[float] = []
        self.loss_origins: list[tuple[float, list[_Origin], int]] = []
        self.micro_starts: list[int] = []
        self.fetched: collections.deque[Any] = collections.deque()
        self.notes: list[str] = []
        self._since = 0
        self._afterwards: list[_ClosureState] = []
        self._bad_loss: float | None = None
        self._undo_trace: Callable[[], None] = lambda: None
        self._exits = contextlib.ExitStack()
        self._names: dict[int, tuple[str, str]] = {}

    def __enter__(self) -> _Replay:
        recorder, window = self.recorder, self.window
        with torch.no_grad():
            self._afterwards = [_ClosureState(state.optimizer) for state in window.closures]
            for state in window.closures:
                state.restore()
            recorder._buffers.restore(window.buffers)
        if window.variables is not None:
            window.variables.restore(self.frame)
        recorder._drop_gradients()
        self._collect_names()
        if window.is_cut:
            self.notes.append("The window held more batches than are kept; the oldest are missing from the replay.")
        if any(micro.was_changed and not micro.is_copy for micro in window.micro):
            self.notes.append("The batch was changed in place by the step, so the replay starts from the changed values.")
        enter = self._exits.enter_context
        enter(_schedulers_at_rest())
        enter(_without_gradient_sync())
        enter(_eager())
        enter(self._module_names())
        enter(torch.autograd.set_multithreading_enabled(False))
        recorder._replay = self
        self._exits.callback(setattr, recorder, "_replay", None)
        self.trace._last_number = torch._C._autograd._get_sequence_nr()
        self.trace.__enter__()  # type: ignore[no-untyped-call]
        self._exits.push(self.trace.__exit__)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.is_done and self.recorder._replay is self:
            self.look(last=True)
        self._undo_trace()
        self._exits.close()
        self.recorder._drop_gradients()
        for before, after in zip(self.window.closures, self._afterwards):
            # What an interrupted line search left behind is of no use; updates that were made well are.
            (after if type(after.optimizer).__name__ in _ONE_EVALUATION else before).restore()
        if self.trace.error is not None:
            error = self.trace.error
            self.notes.append(f"The trace ended early: {type(error).__name__}: {error}"[:500])

    def begin(self, micro: _MicroBatch) -> Any:
        """The batch, with the random states of its first run."""
        with self._unwatched():
            micro.random.restore()
        self.micro_starts.append(len(self.trace.operations))
        self._undo_trace()
        if self.frame is not None and micro.counters:
            self._undo_trace = _set_at_next_line(self.frame, micro.counters)
        self.fetched = collections.deque(micro.fetched)
        if not micro.is_copy:
            return micro.batch
        with self._unwatched():
            batch = _cloned(micro.batch)
            for (name, _), tensor in zip(_named_tensors(micro.shown), _tensors(batch)):
                self._put_name("batch", name, tensor)
        return batch

    @contextlib.contextmanager
    def _unwatched(self) -> Iterator[None]:
        before = self.trace.is_watching
        self.trace.is_watching = False
        try:
            yield
        finally:
            self.trace.is_watching = before

    def on_loss(self, loss: torch.Tensor) -> None:
        if self.is_done:
            return
        with self._unwatched(), torch.no_grad():
            value = float(loss.detach().float())
        self.losses.append(value)
        if not math.isfinite(value):
            self.loss_origins.append((value, _bad_starts(self.trace, loss), len(self.trace.operations)))

    def on_check(self, optimizer: torch.optim.Optimizer | None) -> None:
        """Before an update in the replay. The one that failed is where to look."""
        if not self.is_done and self.checks == self.trip.check:
            self.look(last=False)
        self.checks += 1
        self._since = len(self.trace.operations)

    def may_step(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether the update is to be made for real, as one before the bad one was."""
        return not self.is_done and any(state.optimizer is optimizer for state in self.window.closures)

    def look(self, last: bool) -> None:
        """Finds where the bad loss or gradient came from."""
        with self._unwatched():
            since = self._since
            bad = [(value, starts) for value, starts, at in self.loss_origins if at > since or last]
            if bad:
                self._bad_loss = bad[0][0]
                self.finding = _blame(self.trace, bad[0][1], True, None, since)
            if self.finding is None:
                starts: list[_Origin] = []
                name: str | None = None
                for parameter_name, gradient in self.recorder._gradients():
                    if not _is_finite(gradient):
                        starts += _bad_starts(self.trace, gradient)
                        name = name or parameter_name
                if starts:
                    self.finding = _blame(self.trace, starts, False, name, since)
            if self.finding is None and self.trip.cause in ("check", "left"):
                # Nobody computed a loss of it yet: the first bad operation of all.
                born = [o for o in self.trace.operations if o.is_born]
                first = next((o for o in born if o.makes_nan), None) or (born[0] if born else None)
                if first is not None and not first.is_backward:
                    self.finding = _blame(self.trace, [first], False, None, since)
            if self.finding is not None:
                root = self.finding.root
                self.finding.was_bad_from_the_start = isinstance(root, _Leaf) and root.name in (
                    self.recorder._bad_from_the_start or ()
                )
                self.finding.grown = self._grown_parameter()
                if not self.finding.was_bad_from_the_start:
                    self.finding.last_step = self.recorder._step_site
        self.is_done = True
        self.trace.is_watching = False

    def _grown_parameter(self) -> tuple[str, float] | None:
        """The parameter with the largest element, if that is beyond what training means to reach."""
        largest: tuple[str, float] | None = None
        for model in self.recorder._models:
            for name, parameter in model.named_parameters():
                peak = _largest([part for part in _plain(parameter.detach())])
                if peak is not None and peak > 1e5 and (largest is None or peak > largest[1]):
                    largest = (name, peak)
        return largest

    def look_at_outputs(self, outputs: Any) -> None:
        """Inference: where the first bad output came from."""
        with self._unwatched():
            for tensor in _tensors(outputs):
                if not _is_finite(tensor):
                    starts = _bad_starts(self.trace, tensor)
                    if starts:
                        self.finding = _blame(self.trace, starts, False, None, 0)
                        break
        self.is_done = True
        self.trace.is_watching = False

    @property
    def loss_value(self) -> float | None:
        return self._bad_loss

    def guilty(self) -> _MicroBatch | None:
        """The batch in which the root lies."""
        micro = self.window.micro
        if not micro:
            return None
        if self.finding is None:
            return micro[-1]
        root = self.finding.root
        index = root.index if isinstance(root, _Operation) else root.reader.index if root.reader else None
        if index is None:
            return micro[-1]
        number = sum(start <= index for start in self.micro_starts) - 1
        return micro[max(0, min(number, len(micro) - 1))]

    def _name_of(self, tensor: torch.Tensor) -> tuple[str, str] | None:
        key = _storage(tensor)
        return self._names.get(key) if key is not None else None

    def _put_name(self, kind: str, name: str, tensor: torch.Tensor) -> None:
        for part in _plain(tensor):
            key = _storage(part)
            if key is not None:
                self._names[key] = (kind, name)

    def _collect_names(self) -> None:
        """What the tensors from before the step are called. Later entries win: a parameter is no mere variable."""

        put = self._put_name
        if self.frame is not None:
            for variables in (self.frame.f_globals, self.frame.f_locals):
                for name, value in list(variables.items()):
                    for tensor in _tensors(value, 1):
                        put("other", f"`{name}`", tensor)
        for micro in self.window.micro:
            for fetched in micro.fetched:
                for name, tensor in _named_tensors(fetched):
                    put("batch", name, tensor)
            for name, tensor in _named_tensors(micro.shown):
                put("batch", name, tensor)
        for model in self.recorder._models:
            for name, buffer in model.named_buffers():
                put("buffer", name, buffer)
            for name, parameter in model.named_parameters():
                put("parameter", name, parameter)

    @contextlib.contextmanager
    def _module_names(self) -> Iterator[None]:
        """Keeps the qualified name of the innermost module that runs."""
        names: dict[int, str] = {}
        for model in self.recorder._models:
            for name, module in model.named_modules():
                names.setdefault(id(module), _WRAPPERS.sub("", f"{name}.").strip("."))
        modules = self.trace.modules

        def enter(module: torch.nn.Module, _: Any) -> None:
            modules.append(names.get(id(module), type(module).__name__) or None)

        def leave(module: torch.nn.Module, _: Any, __: Any) -> None:
            if modules:
                modules.pop()

        # One by one, for hooks of all modules call forth a warning in compiled ones.
        handles: list[Any] = []
        for module in {id(module): module for model in self.recorder._models for module in model.modules()}.values():
            handles.append(module.register_forward_pre_hook(enter))
            handles.append(module.register_forward_hook(leave, always_call=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


_WRAPPERS = re.compile(r"^(?:(?:module|_forward_module|_original_module|_orig_mod|_fsdp_wrapped_module)\.)+|_orig_mod\.")
"""What DistributedDataParallel, Fabric, torch.compile and FSDP put before the names of a model."""


def _all_subclasses(kind: type) -> Iterator[type]:
    sub: type
    for sub in kind.__subclasses__():
        yield sub
        yield from _all_subclasses(sub)


@contextlib.contextmanager
def _schedulers_at_rest() -> Iterator[None]:
    """A replayed step is no step: learning rate schedulers stay where they are."""
    base = torch.optim.lr_scheduler.LRScheduler
    changed: list[tuple[type, Any]] = []
    for kind in {base, *_all_subclasses(base)}:
        if "step" in vars(kind):
            changed.append((kind, vars(kind)["step"]))
            setattr(kind, "step", lambda self, *args, **keywords: None)  # noqa: B010
    try:
        yield
    finally:
        for kind, step in changed:
            setattr(kind, "step", step)  # noqa: B010


@contextlib.contextmanager
def _without_gradient_sync() -> Iterator[None]:
    """Data parallel models keep their gradients to themselves, so that the rank that made the bad one shows."""
    import gc

    changed: list[tuple[Any, bool, bool]] = []
    distributed = sys.modules.get("torch.nn.parallel.distributed")
    if distributed is not None and torch.distributed.is_available() and torch.distributed.is_initialized():
        for thing in gc.get_objects():
            if issubclass(type(thing), distributed.DistributedDataParallel):
                changed.append((thing, thing.require_backward_grad_sync, thing.require_forward_param_sync))
                thing.require_backward_grad_sync = False
                thing.require_forward_param_sync = False
    try:
        yield
    finally:
        for model, backward, forward in changed:
            model.require_backward_grad_sync = backward
            model.require_forward_param_sync = forward


@contextlib.contextmanager
def _eager() -> Iterator[None]:
    """Compiled functions run as they were written, so that each operation and its line can be seen."""
    if "torch._dynamo" not in sys.modules:
        yield
        return
    if hasattr(torch.compiler, "set_stance"):
        with torch.compiler.set_stance("force_eager"):
            yield
        return
    from torch._dynamo import eval_frame

    set_eval_frame: Any = getattr(eval_frame, "set_eval_frame")  # noqa: B009
    previous = set_eval_frame(None)
    try:
        with torch._dynamo.config.patch(disable=True):
            yield
    finally:
        set_eval_frame(previous)


# ---------------------------------------------------------------------------------------------------------------------
# Loss scaling: a scaler that looks for its scale skips updates, and rightly so.

SKIPS_OF_A_RUNNING_SCALE = 5
"""Updates in a row that a scaler may skip once the scale has settled."""
SKIPS_OF_A_NEW_SCALE = 40
"""The same while it still looks for its scale: a start at 2**24 rightly skips more than twenty."""
SETTLED_STEPS = 10


class _LossScaling:
    """What is known of the GradScaler of a run."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder: Recorder = weakref.proxy(recorder)
        self.scaler: Any = None
        self.scaled = 0
        """Losses that were seen unscaled, whose backward is to come."""
        self.is_stepping = False
        self._skips = 0
        self._skips_allowed = SKIPS_OF_A_RUNNING_SCALE
        self._good_steps = 0

    @property
    def scale(self) -> float | None:
        """The factor in use; None without a scaler."""
        return float(self.scaler.get_scale()) if self.scaler is not None and self.scaler.is_enabled() else None

    def on_scale(self, scaler: Any, outputs: Any) -> None:
        """The loss before it is scaled."""
        self.scaler = scaler
        losses = [tensor for tensor in _tensors(outputs) if tensor.numel() == 1 and tensor.is_floating_point()]
        for loss in losses:
            self.recorder._on_loss(loss)
        self.scaled = len(losses)

    def before_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        """A NaN loss is one whatever the scale."""
        recorder = self.recorder
        self.scaler = scaler
        self.scaled = 0
        recorder._note_step_site()
        window = recorder._window
        if window is None or window.trip is not None or not recorder._is_mine(optimizer):
            return
        values = _fetch(window.losses[window.looked_at :])
        is_bad = not all(math.isfinite(value) for value in values)
        is_peer = recorder._agree(is_bad, optimizer) and not is_bad
        recorder._row(window, values, None, optimizer)
        window.looked_at = len(window.losses)
        if is_bad or is_peer:
            number = window.checks
            window.checks += 1
            window.row["grad_norm"] = math.nan
            recorder._trip(window, _Trip("loss" if is_bad else "peer", number, _fetch(window.losses)))

    def after_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        """A scaler that skips again and again may have gradients that no scale can mend."""
        window = self.recorder._window
        if window is None or window.trip is not None or not self.recorder._is_mine(optimizer):
            return
        number = window.checks
        window.checks += 1
        state = scaler._per_optimizer_states.get(id(optimizer), {})
        if not any(float(found) for found in state.get("found_inf_per_device", {}).values()):
            self._good_steps += 1
            self._skips = 0
            self._skips_allowed = SKIPS_OF_A_RUNNING_SCALE
            return
        window.row["grad_norm"] = math.inf
        self._skips += 1
        has_settled = self._good_steps >= SETTLED_STEPS or scaler.get_scale() < 1
        allowed = self._skips_allowed + (0 if has_settled else SKIPS_OF_A_NEW_SCALE)
        if self._skips >= allowed:
            self.recorder._trip(window, _Trip("skips", number, _fetch(window.losses)))

    def was_right(self) -> None:
        """At a scale of 1 all was finite: the scaler does what it is there for, and may go on for longer."""
        self._skips = 0
        self._skips_allowed *= 4


# ---------------------------------------------------------------------------------------------------------------------
# Freeze mode: the device itself holds the update back, and the host learns of it some steps later without ever waiting.

_FUSED = ("Adam", "AdamW", "SGD", "Adagrad")
"""Optimizers whose fused update obeys `found_inf` on the device."""


def _is_capturing() -> bool:
    """Whether a CUDA graph is being recorded."""
    is_initialized: Callable[[], bool] = torch.cuda.is_initialized
    return is_initialized() and torch.cuda.is_current_stream_capturing()


class _Freeze:
    """The flags on the devices, which stay up once they are, and the windows whose numbers are still on their way."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder: Recorder = weakref.proxy(recorder)
        self._found: dict[torch.device, torch.Tensor] = {}
        self._past: collections.deque[_Window] = collections.deque(maxlen=FREEZE_LAG + 1)

    def holds(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether this optimizer can be held back so."""
        recorder = self.recorder
        if recorder._mode == "sync" or recorder._scaling.scaler is not None or _rank_and_world()[1] > 1:
            return False
        if type(optimizer).__name__ not in _FUSED or not all(group.get("fused") for group in optimizer.param_groups):
            return False
        return recorder._mode == "freeze" or all(device.type == "cuda" for device in recorder._find_devices())

    def check(self, window: _Window, optimizer: torch.optim.Optimizer) -> None:
        """Puts the flag up where a loss or gradient is bad, and sends the numbers to the host."""
        losses = window.losses[window.looked_at :]
        gradients = _gradients_of(optimizer)
        total = self.recorder._norm(gradients)
        number = window.checks
        window.checks += 1
        window.looked_at = len(window.losses)
        if total is None:
            return
        device = total.device
        parts = [loss.to(device, torch.float32).reshape(()) for loss in losses]
        # Finite gradients whose norm overflows must not stop the run: the largest element tells. On a CPU nobody waits
        # for the answer of the norm, which is the cheaper.
        exact: Sequence[torch.Tensor] = [total]
        if device.type != "cpu" or not math.isfinite(float(total)):
            dense = [gradient for gradient in gradients if gradient.layout is torch.strided]
            exact = torch._foreach_norm(dense, math.inf, dtype=torch.float32)
        bad = (~torch.isfinite(torch.stack([*parts, *exact]))).any().to(torch.float32)
        found = self._found.get(device)
        if found is None:
            found = self._found[device] = torch.zeros((), dtype=torch.float32, device=device)
        torch.maximum(found, bad, out=found)
        optimizer.found_inf = found  # type: ignore[attr-defined]
        flags = torch.stack([*parts, total, bad])
        window.flagged_check = number
        if device.type == "cuda":
            window.flags = torch.empty(flags.shape, dtype=flags.dtype, pin_memory=True)
            window.flags.copy_(flags, non_blocking=True)
            window.event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            window.event.record()
        else:
            window.flags = flags.clone()
        self.recorder._row(window, [], None, optimizer)

    def close(self, window: _Window) -> bool:
        """Puts a finished window aside until its numbers are there. False for a window of another mode."""
        if window.flags is None:
            return False
        self._past.append(window)
        return True

    def look_back(self, wait: bool = False) -> _Window | None:
        """The oldest window whose numbers have come in and are bad; at the end of a loop all are waited for."""
        while self._past:
            oldest = self._past[0]
            if oldest.event is not None and not oldest.event.query():
                if len(self._past) < FREEZE_LAG and not wait:
                    return None
                oldest.event.synchronize()
            self._past.popleft()
            assert oldest.flags is not None
            *losses, norm, bad = oldest.flags.tolist()
            if losses:
                oldest.row["loss"] = losses[-1]
            oldest.row["grad_norm"] = norm
            self.recorder._write_history(oldest.step, oldest.row)
            if bad:
                is_loss = not all(math.isfinite(loss) for loss in losses)
                oldest.trip = _Trip("loss" if is_loss else "gradients", oldest.flagged_check, losses)
                self._past.clear()
                return oldest
        return None

    def release(self) -> None:
        """Lets the updates through again."""
        for found in self._found.values():
            found.zero_()

    def detach(self) -> None:
        """Leaves the optimizers as they were."""
        for optimizer in self.recorder._optimizers:
            if any(getattr(optimizer, "found_inf", None) is found for found in self._found.values()):
                del optimizer.found_inf  # type: ignore[attr-defined]


# ---------------------------------------------------------------------------------------------------------------------
# The recorder: one look at each update, and what follows from a bad one.

def _guarded(method: Callable[..., T]) -> Callable[..., T | None]:
    """The recorder's own errors switch it off and never reach the training."""

    @functools.wraps(method)
    def call(self: Recorder, *args: Any, **keywords: Any) -> T | None:
        if self._is_off:
            return None
        try:
            return method(self, *args, **keywords)
        except NonFinite:
            raise
        except Exception as error:
            self._fail(error)
            return None

    return call


class Recorder:
    """
    Watches a training run for its first NaN or Inf.

    model: the module that is trained, or several. optimizer: the optimizer, or several; without one, every optimizer
    that steps is looked at. out: the folder that dumps go to. on_anomaly: "raise" ends the run with `NonFinite`;
    "warn" tells, leaves the step out and goes on. mode: "sync" asks the device once a step; "freeze" never waits for
    the device and needs fused optimizers of PyTorch on a GPU; "auto" chooses. history: whether to write history.jsonl.
    save_batch: whether a dump may hold values of the batch; else it has only statistics, shapes and sample indices.

    Raises ValueError for an unknown `on_anomaly` or `mode`, TypeError where model or optimizer is neither.
    """

    def __init__(
        self,
        model: Any = None,
        optimizer: Any = None,
        out: str | os.PathLike[str] = "nanlens-dumps",
        on_anomaly: Literal["raise", "warn"] = "raise",
        *,
        mode: Literal["auto", "sync", "freeze"] = "auto",
        history: bool = True,
        save_batch: bool = False,
    ) -> None:
        if on_anomaly not in ("raise", "warn"):
            raise ValueError(f'on_anomaly is "raise" or "warn", not {on_anomaly!r}')
        if mode not in ("auto", "sync", "freeze"):
            raise ValueError(f'mode is "auto", "sync" or "freeze", not {mode!r}')
        self._models = [_as_module(one) for one in _as_list(model)]
        self._optimizers = [_as_optimizer(one) for one in _as_list(optimizer)]
        self.out = os.fspath(out)
        self.on_anomaly = on_anomaly
        self.dumps: list[str] = []
        """Paths of the dumps that were written."""
        self._mode = mode
        self._save_batch = save_batch
        self._is_off = False
        self._window: _Window | None = None
        self._replay: _Replay | None = None
        self._pending: NonFinite | None = None
        self._run = _run_of(self, history)
        self._clone_batches = False
        self._begun = 0
        self._buffers = _BufferShadow(self._models)
        self._attributes = _ModuleAttributes(self._models)
        self._generators: list[Any] | None = None
        self._devices: list[torch.device] | None = None
        self._parameter_ids: set[int] | None = None
        self._step_site: Site | None = None
        self._scaling = _LossScaling(self)
        self._freeze = _Freeze(self)
        self._clip: _ClipNorm | None = None
        self._is_in_step = False
        self._draws = _GlobalDraws()
        self._steps_often: list[torch.optim.Optimizer] = []
        """Optimizers that step more than once in a window (PPO): what they change is kept, to be run again from the start."""
        self._bad_from_the_start: set[str] | None = None
        self._checks: list[tuple[str, torch.Tensor]] = []
        """Names and flags (1 where not finite) of the values that the script asked to be checked."""
        self._owes_agreement: torch.optim.Optimizer | None = None
        """The other processes wait for this one's word about the update of that optimizer."""
        self._is_collective: bool | None = None
        self._rerun: Callable[[Any], Any] | None = None
        """Runs a batch again at once, where a trainer and not the user's loop hands them out."""
        _patches.install(self)

    # -- what the user calls ------------------------------------------------------------------------------------------

    def watch(self, loader: Iterable[T]) -> _Watch[T]:
        """The loader's batches as they are; the loop's body is what can be run again. Best around the whole iterable:
        `for i, batch in rec.watch(enumerate(loader)):`."""
        return _Watch(self, loader)

    def step(self, function: Callable[..., T]) -> Callable[..., T]:
        """Decorates a function that does one training step; it is called once more with the same arguments if need be."""

        @functools.wraps(function)
        def call(*args: Any, **keywords: Any) -> T:
            return _run_step(self, function, args, keywords)

        return call

    def guard(self) -> contextlib.AbstractContextManager[None]:
        """For inference: looks at the outputs of the models that run inside, and runs a bad call once more."""
        return _guard(self)

    def close(self) -> None:
        """Takes all hooks away. Nothing is recorded afterwards."""
        self._retire()
        self._run.history.close()

    def _retire(self) -> None:
        self._is_off = True
        _patches.remove(self)
        self._freeze.detach()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- one window after the other -----------------------------------------------------------------------------------

    @_guarded
    def _begin(self, batch: Any, frame: types.FrameType | None, index: int, sample_indices: list[int] | None) -> Any:
        """Opens a window for the batch, or adds it to the one that has not come to an update yet. The batch to use."""
        self._raise_pending()
        _patches.left = None
        # The first windows show whether the body writes into its batches.
        kept = _cloned(batch) if self._clone_batches or self._begun < 3 else batch
        self._begun += 1
        if self._generators is None or index == 0:
            self._generators = _find_generators(self._models, frame)
        window = self._window
        if window is not None and window.is_open and window.micro and not window.micro[-1].had_backward:
            # Nothing came of that batch.
            window.micro.pop()
        if window is None or not window.is_open or not window.micro:
            self._attributes.look()
            names: Iterable[str] = ()
            if frame is not None:
                names = _rebound_names(frame.f_code, frame.f_lineno)
            variables = _Variables(frame, names, self._attributes.changing)
            window = self._window = _Window(self._run.step, self._buffers.take(), variables)
            window.closures = [_ClosureState(optimizer) for optimizer in self._steps_often]
            if self._bad_from_the_start is None:
                self._bad_from_the_start = self._find_bad_parameters()
        random_state = _RandomState(self._find_devices(), self._generators or (), self._draws.begin())
        window.micro.append(_MicroBatch(kept, batch, index, random_state, sample_indices))
        window.let_go()
        return batch

    @_guarded
    def _finish(self) -> _Trip | None:
        """At the next fetch: whether the window that ends is to be run again."""
        window = self._window
        self._clip = None
        if window is None:
            return None
        if window.micro and window.trip is None:
            self._draws.end(window.micro[-1].random)
        if self._checks and window.trip is None:
            self._look_at_checks(window)
        if window.trip is not None:
            return window.trip
        if any(micro.was_changed for micro in window.micro):
            self._clone_batches = True
        if not window.is_open:
            self._close_window(window)
        return None

    def _close_window(self, window: _Window) -> None:
        for optimizer in window.stepped:
            if window.stepped.count(optimizer) > 1 and not any(optimizer is known for known in self._steps_often):
                if _state_size(optimizer) <= MAX_STATE_BYTES:
                    self._steps_often.append(optimizer)
        self._run.step += 1
        self._window = None
        if not self._freeze.close(window) and window.row:
            self._write_history(window.step, window.row)

    @_guarded
    def _look_back(self, wait: bool = False) -> _Window | None:
        """Freeze mode: a window of some steps ago that has turned out to be bad."""
        window = self._window
        return self._freeze.look_back(wait) if wait or window is None or not window.is_open else None

    def _write_history(self, step: int, row: Mapping[str, float | None]) -> None:
        if self._run.wants_history:
            self._run.wants_history = False
            rank, _ = _rank_and_world()
            name = "history.jsonl" if rank == 0 else f"history.rank-{rank}.jsonl"
            self._run.history.path = os.path.join(self._run_folder(), name)
        self._run.history.add(step, row)

    # -- what the patched calls of PyTorch tell -----------------------------------------------------------------------

    @_guarded
    def _on_backward(self, tensors: Any) -> None:
        if torch._C._current_autograd_node() is not None:
            return  # a checkpoint's recomputation, not a loss
        for tensor in _tensors(tensors):
            if tensor.numel() != 1 or not tensor.is_floating_point():
                continue
            if self._scaling.scaled:
                self._scaling.scaled -= 1
            else:
                self._on_loss(tensor)
        if self._window is not None and self._window.micro:
            self._window.micro[-1].had_backward = True

    def _on_loss(self, loss: torch.Tensor) -> None:
        if self._replay is not None:
            self._replay.on_loss(loss)
            return
        window = self._window
        if window is not None and not window.micro and not window.is_open and window.trip is None:
            # Nobody tells of batches: what comes after an update is the next step.
            self._close_window(window)
        if self._window is None:
            self._window = _Window(self._run.step, [], None)
        self._window.losses.append(loss.detach())

    @_guarded
    def _before_step(self, optimizer: torch.optim.Optimizer, args: Any, keywords: Any) -> Any:
        """The global hook before each update. A tuple replaces the arguments of `step`."""
        if _is_capturing():
            return None  # any question to the device would spoil the CUDA graph
        if not self._is_mine(optimizer):
            if self._replay is not None:
                # It made its update when the step ran first.
                for group in optimizer.param_groups:
                    for parameter in group["params"]:
                        parameter.grad = None
            return None
        closure = keywords.get("closure") or (args[1] if len(args) > 1 and callable(args[1]) else None)
        if closure is not None and callable(closure):
            return self._with_closure(optimizer, closure, args, keywords)
        if self._replay is not None:
            self._replay.on_check(optimizer)
            if not self._replay.may_step(optimizer):
                self._drop_gradients()
            return None
        if self._scaling.is_stepping:
            self._note_step_site()
            self._row_of(optimizer, None, with_norm=True)
            return None
        self._check(optimizer)
        return None

    def _with_closure(
        self, optimizer: torch.optim.Optimizer, closure: Callable[[], Any], args: Any, keywords: Any
    ) -> tuple[Any, Any]:
        window = self._window
        is_replay = self._replay is not None
        moves = type(optimizer).__name__ not in _ONE_EVALUATION
        if window is not None and not is_replay and moves:
            window.closures = [*(s for s in window.closures if s.optimizer is not optimizer), _ClosureState(optimizer)]

        @functools.wraps(closure)
        def watched() -> Any:
            result = closure()
            replay = self._replay
            if replay is not None:
                replay.on_check(optimizer)
                if not replay.may_step(optimizer):
                    self._drop_gradients()
            else:
                self._check_closure(optimizer)
            return result

        if "closure" in keywords:
            return args, {**keywords, "closure": watched}
        return (args[0], watched, *args[2:]), keywords

    @_guarded
    def _check_closure(self, optimizer: torch.optim.Optimizer) -> None:
        self._check(optimizer)

    def _check(self, optimizer: torch.optim.Optimizer) -> None:
        """The one look at an update: are losses and gradients finite? If not, the gradients go, and with them the update."""
        self._raise_pending()
        window = self._window
        if window is None:
            window = self._window = _Window(self._run.step, [], None)
        self._note_step_site()
        if window.trip is not None:
            self._drop_gradients()
            return
        self._owes_agreement = optimizer
        if window.micro and self._freeze.holds(optimizer):
            self._freeze.check(window, optimizer)
            return
        losses = [loss for loss in window.losses[window.looked_at :] if loss.device.type != "meta"]
        checks, self._checks = self._checks, []
        gradients = _gradients_of(optimizer)
        total = self._norm(gradients)
        flags = [flag for _, flag in checks]
        numbers = _fetch([*losses, *flags, *([total] if total is not None else [])])
        norm = numbers[-1] if total is not None else 0.0
        values = numbers[: len(losses)]
        cause: Literal["loss", "gradients", "check", "peer"] | None = None
        if not all(math.isfinite(value) for value in values):
            cause = "loss"
        elif any(numbers[len(losses) : len(losses) + len(flags)]):
            cause = "check"
        elif not math.isfinite(norm):
            # The norm of finite gradients may overflow.
            if all(_is_finite(gradient) for gradient in gradients):
                norm = math.sqrt(sum(float(_double_norm(gradient)) ** 2 for gradient in gradients))
            else:
                cause = "gradients"
        if self._agree(cause is not None, optimizer) and cause is None:
            cause = "peer"
        self._row(window, values, norm, optimizer)
        number = window.checks
        window.checks += 1
        window.stepped.append(optimizer)
        window.looked_at = len(window.losses)
        if cause is not None:
            self._trip(window, _Trip(cause, number, _fetch(window.losses)))

    def _trip(self, window: _Window, trip: _Trip) -> None:
        window.trip = trip
        if not window.micro:
            window.bad_parameters = [name for name, gradient in self._gradients() if not _is_finite(gradient)]
        self._drop_gradients()
        self._write_history(window.step, window.row)
        if window.micro and self._rerun is None:
            return  # the loop runs it again when it asks for the next batch
        replay: _Replay | None = None
        if window.micro and self._rerun is not None:
            replay = _run_again(self, window, trip, self._rerun, None)
        error = self._settle(window, replay)
        if error is not None:
            raise error

    def _row_of(self, optimizer: torch.optim.Optimizer, losses: list[float] | None, with_norm: bool) -> None:
        window = self._window
        if window is None:
            return
        norm: float | None = None
        if with_norm and getattr(optimizer, "grad_scale", None) is None:
            total = self._norm(_gradients_of(optimizer))
            norm = float(total) if total is not None else None
        self._row(window, losses or [], norm, optimizer)

    def _row(
        self, window: _Window, losses: Sequence[float], norm: float | None, optimizer: torch.optim.Optimizer
    ) -> None:
        row = window.row
        if losses:
            row["loss"] = next((loss for loss in losses if not math.isfinite(loss)), losses[-1])
        if norm is not None:
            row["grad_norm"] = norm
        rate = optimizer.param_groups[0].get("lr") if optimizer.param_groups else None
        if isinstance(rate, (int, float)) or (isinstance(rate, torch.Tensor) and rate.device.type == "cpu"):
            row["lr"] = float(rate)
        scale = self._scaling.scale
        if scale is not None:
            row["scale"] = scale

    def _norm(self, gradients: list[torch.Tensor]) -> torch.Tensor | None:
        """The L2 norm of the optimizer's gradients, float32, one element; clipping has often computed it already."""
        clip, self._clip = self._clip, None
        if clip is not None and clip.is_of(gradients):
            return clip.norm.to(torch.float32)
        return _total(_norms(gradients))

    # -- what loops and trainers ask for ------------------------------------------------------------------------------

    @_guarded
    def _on_scale(self, scaler: Any, outputs: Any) -> None:
        self._scaling.on_scale(scaler, outputs)

    @_guarded
    def _before_scaler_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        self._owes_agreement = optimizer
        self._scaling.before_step(scaler, optimizer)
        self._owes_agreement = None

    @_guarded
    def _after_scaler_step(self, scaler: Any, optimizer: torch.optim.Optimizer) -> None:
        self._scaling.after_step(scaler, optimizer)

    @_guarded
    def _on_replayed_step(self, optimizer: torch.optim.Optimizer) -> None:
        if self._replay is not None and self._is_mine(optimizer):
            self._replay.on_check(optimizer)
            self._drop_gradients()

    def _has_dropped_the_step(self) -> bool:
        return self._window is not None and self._window.trip is not None

    def _agree(self, flag: bool, optimizer: torch.optim.Optimizer) -> bool:
        """Whether this process or another one found something bad before the optimizer's update."""
        self._owes_agreement = None
        return _agree(flag, self._agreement_device(optimizer))

    def _answer_peers(self, optimizer: torch.optim.Optimizer) -> None:
        """Switched off in one process, it still answers the others, which would wait for ever."""
        self._owes_agreement = None
        if self._is_collective and self._is_mine(optimizer):
            with contextlib.suppress(Exception):
                _agree(False, self._agreement_device(optimizer))

    @_guarded
    def _end_of_batch(self, is_last: bool = False) -> None:
        """A trainer begins the next batch, or ends: a window that has come to its update is over."""
        if self._finish() is not None and self._window is not None:
            error = self._settle(self._window, None)
            if error is not None:
                raise error
        self._conclude_past(is_last)

    @_guarded
    def _conclude_past(self, is_last: bool = False) -> None:
        """Freeze mode without a watched loop: runs a step again that has turned out to be bad, and raises the verdict."""
        window = self._look_back(is_last)
        if window is None or window.trip is None:
            return
        if self._run.anomalies >= MAX_DUMPS and self.on_anomaly == "warn":
            self._skip_quietly(window)
            return
        rerun = window.rerun or self._rerun
        replay = _run_again(self, window, window.trip, rerun, None) if rerun is not None else None
        error = self._settle(window, replay)
        if error is not None:
            raise error

    @_guarded
    def _clock(self, step: int) -> None:
        """A trainer's own numbering of steps."""
        if self._window is not None and len(self._window.micro) == 1:
            self._window.step = self._run.step = step

    def _adopt(self, models: Sequence[torch.nn.Module], optimizers: Sequence[Any]) -> None:
        """What a trainer trains, known only once it begins."""
        self._models = list(models)
        self._optimizers = [_as_optimizer(one) for one in optimizers]
        self._parameter_ids = None
        self._devices = None
        self._buffers = _BufferShadow(self._models)
        self._attributes = _ModuleAttributes(self._models)

    def _settle(self, window: _Window, replay: _Replay | None) -> NonFinite | None:
        return _settle(self, window, replay)

    def _skip_quietly(self, window: _Window) -> None:
        """More bad steps than dumps: the step is left out and nothing said."""
        self._run.anomalies += 1
        with torch.no_grad():
            self._buffers.restore(window.buffers)
        self._freeze.release()
        self._run.step = max(self._run.step, window.step + 1)
        self._window = None

    # -- helpers ------------------------------------------------------------------------------------------------------

    def _is_mine(self, optimizer: torch.optim.Optimizer) -> bool:
        if not self._optimizers and not self._models:
            return True
        if any(optimizer is own for own in self._optimizers):
            return True
        first = next((p for group in optimizer.param_groups for p in group["params"]), None)
        return self._has_one_of({id(first)})

    def _has_one_of(self, parameters: set[int]) -> bool:
        """Whether one of these, told by their ids, belongs to the model or the optimizers."""
        if self._parameter_ids is None:
            own = [p for model in self._models for p in model.parameters()]
            own += [p for one in self._optimizers for group in one.param_groups for p in group["params"]]
            self._parameter_ids = {id(parameter) for parameter in own}
        return not self._parameter_ids.isdisjoint(parameters)

    def _find_devices(self) -> list[torch.device]:
        if self._devices is None:
            parameters = [p for model in self._models for p in model.parameters()]
            parameters += [p for one in self._optimizers for group in one.param_groups for p in group["params"]]
            self._devices = list({parameter.device for parameter in parameters})
        return self._devices

    def _gradients(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Names and gradients of all that is trained."""
        seen: set[int] = set()
        for model in self._models:
            for name, parameter in model.named_parameters():
                if parameter.grad is not None and id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield name, parameter.grad
        for optimizer in self._optimizers:
            for index, parameter in enumerate(p for group in optimizer.param_groups for p in group["params"]):
                if parameter.grad is not None and id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield f"parameter {index}", parameter.grad

    def _find_bad_parameters(self) -> set[str]:
        """Names of parameters that are not finite before the first step."""
        named = [(name, p.detach()) for model in self._models for name, p in model.named_parameters()]
        norms = _norms([parameter for _, parameter in named])
        if not norms or all(math.isfinite(norm) for norm in _fetch(norms)):
            return set()
        return {name for name, parameter in named if not _is_finite(parameter)}

    def _drop_gradients(self) -> None:
        """Without gradients an update does nothing: parameters and the optimizer's state stay as they are."""
        for model in self._models:
            for parameter in model.parameters():
                parameter.grad = None
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.grad = None

    def _note_step_site(self) -> None:
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None:
            if _owner(frame.f_code.co_filename) == "user":
                self._step_site = (frame.f_code, frame.f_lineno)
                return
            frame = frame.f_back

    def _agreement_device(self, optimizer: torch.optim.Optimizer) -> torch.device | None:
        """Where to agree with the other processes; None where they do not train one model in step."""
        if self._is_collective is None:
            self._is_collective = _trains_in_step(self._models, self._optimizers)
        if not self._is_collective or _is_joining(self._models):
            return None
        first = next((p for group in optimizer.param_groups for p in group["params"]), None)
        return first.device if first is not None else torch.device("cpu")

    def _fail(self, error: BaseException) -> None:
        if self._is_off:
            return
        self._is_off = True
        frames = traceback.extract_tb(error.__traceback__)
        own = next((frame for frame in reversed(frames) if frame.filename == __file__), None)
        where = f" (nanlens.py:{own.lineno})" if own is not None else ""
        _say(f"switched off by an error of its own, the training goes on: {type(error).__name__}: {error}{where}")
        with contextlib.suppress(Exception):
            self._freeze.release()
        if self._owes_agreement is not None:
            self._answer_peers(self._owes_agreement)

    def _raise_pending(self) -> None:
        if self._pending is not None:
            error, self._pending = self._pending, None
            raise error

    def _look_at_checks(self, window: _Window) -> None:
        """Values that the script asked to be checked and that no loss or gradient has betrayed."""
        checks, self._checks = self._checks, []
        if any(_fetch([flag for _, flag in checks])) and window.micro:
            window.trip = _Trip("check", max(0, window.checks - 1), _fetch(window.losses))

    def _run_folder(self) -> str:
        if self._run.name is None:
            self._run.name = _run_name(self._run)
        return os.path.join(self.out, self._run.name)


# ---------------------------------------------------------------------------------------------------------------------
# From a replay to what the user gets: the verdict, the dump, the exception.


def _run_again(
    recorder: Recorder,
    window: _Window,
    trip: _Trip,
    rerun: Callable[[Any], Any],
    frame: types.FrameType | None,
    ending: type[BaseException] = Exception,
) -> _Replay:
    """Runs the window's batches through a function. `ending` errors of it end the replay and are no errors of ours."""
    replay = _Replay(recorder, window, trip, frame)
    with replay:
        for micro in window.micro:
            try:
                rerun(replay.begin(micro))
            except ending as error:
                replay.notes.append(f"The replayed step ended with {type(error).__name__}: {error}"[:500])
                break
    return replay


def _settle(recorder: Recorder, window: _Window, replay: _Replay | None) -> NonFinite | None:
    """Concludes and makes the recorder ready for the next step. The exception to raise, if any."""
    try:
        error = _conclude(recorder, window, replay)
    except Exception as problem:
        recorder._fail(problem)
        error = None
    if replay is not None:
        with torch.no_grad():
            recorder._buffers.restore(window.buffers)
    recorder._freeze.release()
    recorder._window = None
    recorder._run.step = max(recorder._run.step, window.step + 1)
    recorder._scaling.scaled = 0
    recorder._checks = []
    return error


def _conclude(recorder: Recorder, window: _Window, replay: _Replay | None) -> NonFinite | None:
    trip = window.trip
    assert trip is not None
    finding = replay.finding if replay is not None else None
    if finding is None and trip.cause in ("skips", "left"):
        if trip.cause == "skips":
            recorder._scaling.was_right()
        return None
    recorder._run.anomalies += 1
    rank, world = _rank_and_world()
    shown_rank = rank if world > 1 else None
    loss = replay.loss_value if replay is not None else next((x for x in trip.losses if not math.isfinite(x)), None)
    if finding is not None:
        finding.sample = _first_bad_sample(finding, replay)
        sentence = _sentence(finding, window.step, shown_rank)
        anomalies = _anomalies(finding, sentence, window.step, shown_rank, loss)
    else:
        sentence, anomalies = _unexplained(window, trip, replay, shown_rank)
    fidelity = _fidelity(window, trip, replay)
    confidence = "unknown" if finding is None else "certain" if fidelity["bitIdentical"] else "likely"
    ranks = _exchange(recorder, window.step, _role(finding, trip), sentence if finding is not None else None)
    guilty = next((peer for peer in ranks if peer["role"] == "first" and peer["rank"] != rank), None)
    is_received = finding is None or _came_from_a_collective(finding)
    if is_received and guilty is not None:
        confidence = "likely"
        sentence = f"{guilty['sentence']} (this is rank {rank}, to which the bad value came through the gradients' exchange)"
        anomalies[0] |= {"role": "consequence", "message": sentence}
    elif guilty is not None and trip.cause == "peer":
        anomalies[0]["role"] = "consequence"
    path: str | None = None
    if recorder._run.anomalies <= MAX_DUMPS:
        dump = _dump(recorder, window, replay, finding, sentence, confidence, anomalies, fidelity, ranks)
        path = os.path.join(recorder._run_folder(), f"step-{window.step}.rank-{rank}.nandump.json")
        kept, metadata = _kept(recorder, window, finding)
        problem = _save(path, dump, kept, metadata)
        if problem is None:
            recorder.dumps.append(path)
        else:
            _say(f"the dump could not be written to {_shown_path(path)}: {problem}")
            path = None
    _await_peers(recorder, window.step)
    if recorder.on_anomaly == "raise":
        return NonFinite(sentence, path)
    if recorder._run.anomalies <= MAX_DUMPS:
        _say(sentence + (f" Dump: {path}" if path is not None else ""))
        if recorder._run.anomalies == MAX_DUMPS:
            _say("further bad steps are left out without being told.")
    return None


def _first_bad_sample(finding: _Finding, replay: _Replay | None) -> int | None:
    micro = replay.guilty() if replay is not None else None
    rows = finding.root.bad_rows
    if micro is None or not rows or not micro.sample_indices or rows[0] >= len(micro.sample_indices):
        return None
    return micro.sample_indices[rows[0]]


def _role(finding: _Finding | None, trip: _Trip) -> str:
    if finding is None or trip.cause == "peer" or _came_from_a_collective(finding):
        return "consequence"
    return "first"


def _came_from_a_collective(finding: _Finding) -> bool:
    root = finding.root
    return isinstance(root, _Operation) and root.name.startswith(_EXCHANGES)


def _unexplained(
    window: _Window, trip: _Trip, replay: _Replay | None, rank: int | None
) -> tuple[str, list[dict[str, Any]]]:
    """What is known where no operation could be named."""
    bad = next((loss for loss in trip.losses if not math.isfinite(loss)), None)
    where = f"Step {window.step}" + (f", rank {rank}" if rank is not None else "")
    value = "nonfinite" if bad is None else "nan" if math.isnan(bad) else "inf" if bad > 0 else "-inf"
    what = f"the loss is {_VALUE_WORDS[value]}" if bad is not None else "a gradient is not finite"
    if window.bad_parameters and bad is None:
        what = f"the gradient of `{window.bad_parameters[0]}` is not finite"
    if trip.cause == "peer":
        what = "another process has a loss or gradient that is not finite"
    if trip.cause == "check":
        what = "a checked value is not finite"
    if replay is not None and replay.notes:
        why = "when it was run again, it did not come to its end, so no operation can be named"
    elif replay is not None:
        why = "when it was run again, all was finite, so no operation can be named"
    else:
        why = "it could not be run again: let `rec.watch(loader)` or `@rec.step` hand out the batches to learn the operation"
    sentence = f"{where}: {what}; {why}."
    kind = "grad-nonfinite" if bad is None else "loss-nan" if value == "nan" else "loss-inf"
    anomaly: dict[str, Any] = {
        "kind": kind,
        "value": value,
        "role": "first",
        "metric": "loss" if bad is not None else None,
        "param": window.bad_parameters[0] if window.bad_parameters and bad is None else None,
        "step": window.step,
        "rank": rank,
        "message": sentence,
    }
    return sentence, [anomaly]


def _fidelity(window: _Window, trip: _Trip, replay: _Replay | None) -> dict[str, Any]:
    """How far the replayed losses are those of the first run, bit for bit."""
    notes = list(replay.notes) if replay is not None else ["The step was not run again."]
    result: dict[str, Any] = {"bitIdentical": None, "lossThen": None, "lossReplayed": None, "notes": notes}
    if trip.losses:
        then = next((loss for loss in trip.losses if not math.isfinite(loss)), trip.losses[-1])
        result["lossThen"] = _number(then)
    if replay is not None and replay.losses:
        again = next((loss for loss in replay.losses if not math.isfinite(loss)), replay.losses[-1])
        result["lossReplayed"] = _number(again)
        count = len(trip.losses)
        if trip.losses and not window.is_cut and len(replay.losses) >= count:
            last = 1 if trip.check else count
            pairs = list(zip(trip.losses, replay.losses))[count - last :]
            result["bitIdentical"] = all(_same_bits(one, two) for one, two in pairs)
    return result


def _same_bits(one: float, two: float) -> bool:
    return (math.isnan(one) and math.isnan(two)) or struct.pack("<d", one) == struct.pack("<d", two)


def _kept(
    recorder: Recorder, window: _Window, finding: _Finding | None
) -> tuple[list[tuple[str, torch.Tensor]], dict[str, str]]:
    """The tensors of the root, and of the batch where that was asked for."""
    root = finding.root if finding is not None else None
    kept: list[tuple[str, torch.Tensor]] = []
    if isinstance(root, _Operation):
        given = [[micro.batch, [result for result, _ in micro.fetched]] for micro in window.micro]
        batch = list(_tensors(given))
        kept += [(name, tensor) for name, tensor in root.kept if recorder._save_batch or not _is_of_batch(tensor, batch)]
    if recorder._save_batch:
        for micro in window.micro:
            for name, tensor in _named_tensors(micro.shown):
                cropped = _cropped(tensor, 0)
                if cropped is not None:
                    kept.append((f"batch{micro.index}.{name}", cropped))
    operation = root.name if isinstance(root, _Operation) else ""
    first_row = str(root.bad_rows[0]) if isinstance(root, _Operation) and root.bad_rows else ""
    return kept, {"operation": operation, "firstBadRow": first_row}


def _is_of_batch(tensor: torch.Tensor, batch: Sequence[torch.Tensor]) -> bool:
    """Whether the tensor holds values of the batch, which are private: the batch itself, a part or a copy of it in any
    order. Of a tensor with one value its statistics tell as much."""
    values = _comparable(tensor)
    if values is None or tensor.dtype is torch.bool:
        return False
    sample = values[:: max(1, values.numel() // 4096)]
    sample = torch.unique(sample[torch.isfinite(sample)].double())
    if sample.numel() < 2:
        return False
    found = torch.zeros(sample.shape, dtype=torch.bool)
    for given in batch:
        values = _comparable(given)
        if values is not None and values.numel():
            # A copy of less precision is rounded.
            found |= _is_in(sample, values.to(tensor.real.dtype).double())
    return bool(found.all())


def _comparable(tensor: torch.Tensor) -> torch.Tensor | None:
    """The values one after the other, of numbers that are not floating-point, too."""
    if tensor.is_floating_point() or tensor.is_complex():
        values = _values(tensor)
    else:
        values = tensor if tensor.layout is torch.strided and tensor.device.type != "meta" else None
    return values.detach().to("cpu").reshape(-1) if values is not None else None


def _is_in(sample: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Which elements of the sorted sample stand in the values, too."""
    at = torch.searchsorted(sample, values).clamp_(max=sample.numel() - 1)
    found = torch.zeros(sample.shape, dtype=torch.bool)
    found[at[sample[at] == values]] = True
    return found


def _dump(
    recorder: Recorder,
    window: _Window,
    replay: _Replay | None,
    finding: _Finding | None,
    sentence: str,
    confidence: str,
    anomalies: list[dict[str, Any]],
    fidelity: dict[str, Any],
    ranks: list[dict[str, Any]],
) -> dict[str, Any]:
    """The dump of `nandump.schema.json`, version 1."""
    trace = replay.trace if replay is not None else None
    _, world = _rank_and_world()
    micro = replay.guilty() if replay is not None else (window.micro[-1] if window.micro else None)
    if replay is not None:
        anomalies += _check_anomalies(replay, window.step)
    for anomaly in anomalies:
        anomaly["batch"] = micro.index if micro is not None else None
    device = next(iter(recorder._find_devices()), torch.device("cpu"))
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    result: dict[str, Any] = {
        "nandump": SCHEMA_VERSION,
        "recorder": __version__,
        "run": {
            "id": recorder._run.name or os.path.basename(recorder._run_folder()),
            "startedAt": recorder._run.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "script": _shown_path(script) if script else None,
            "python": platform.python_version(),
            "frameworkVersion": torch.__version__,
            "device": str(device),
            "worldSize": world,
        },
        "verdict": {"sentence": sentence, "confidence": confidence},
        "anomalies": anomalies,
        "operations": [],
        "operationCount": len(trace.operations) if trace is not None else 0,
        "history": recorder._run.history.series(),
        "batch": _batch(micro, finding),
        "fidelity": fidelity,
        "ranks": [{key: peer[key] for key in ("rank", "role", "step")} for peer in ranks],
        "tensorsFile": None,
    }
    if trace is not None:
        operations = trace.operations[:MAX_OPERATIONS]
        root = finding.root if finding is not None else None
        if isinstance(root, _Operation) and len(operations) > 4000:
            operations = operations[max(0, root.index - 2500) : root.index + 1000]
        result["operations"] = [_as_operation(operation, trace) for operation in operations]
    return result


def _check_anomalies(replay: _Replay, step: int) -> list[dict[str, Any]]:
    """The checked values that were not finite in the replay, in order."""
    result = []
    for name, statistics, stack in replay.trace.checks[:100]:
        site = _user_site(stack)
        is_nan = bool(statistics.get("nan"))
        result.append(
            {
                "kind": "nan-forward" if is_nan else "inf-forward",
                "value": "nan" if is_nan else "inf",
                "role": "consequence",
                "metric": name,
                "step": step,
                "source": _location(site) if site is not None else None,
                "message": f"The checked value `{name}` is not finite.",
                "tensors": [statistics],
            }
        )
    return result


def _batch(micro: _MicroBatch | None, finding: _Finding | None) -> dict[str, Any] | None:
    if micro is None:
        return None
    named = list(_named_tensors(micro.shown))[:100]
    tensors = [_statistics(tensor, name) for name, tensor in named]
    rows: list[int] = []
    if finding is not None:
        # Rows of the operation are rows of the batch where their number is the same.
        sizes = {tensor.shape[0] for _, tensor in named if tensor.dim()}
        root = finding.root
        if isinstance(root, _Leaf):
            rows = root.bad_rows
        elif root.tensors and root.bad_rows:
            shape = root.tensors[-1].get("shape") or [0]
            rows = root.bad_rows if shape[0] in sizes else []
    indices = [index for index in micro.sample_indices or [] if isinstance(index, int) and index >= 0]
    return {"index": micro.index, "badRows": rows, "sampleIndices": indices[:10_000], "tensors": tensors}


# ---------------------------------------------------------------------------------------------------------------------
# Several processes: agreeing that a step is bad, naming the one that is to blame, never waiting without an end.


def _rank_and_world() -> tuple[int, int]:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def _trains_in_step(models: Sequence[torch.nn.Module], optimizers: Sequence[torch.optim.Optimizer]) -> bool:
    """Whether all processes update one model together: data parallel, or sharded over all of them."""
    _, world = _rank_and_world()
    if world == 1:
        return False
    parameters = [p for model in models for p in model.parameters()]
    parameters += [p for one in optimizers for group in one.param_groups for p in group["params"]]
    for parameter in parameters:
        mesh = getattr(parameter, "device_mesh", None)
        if mesh is not None:
            return bool(mesh.size() == world)
    kinds = ("DistributedDataParallel", "FullyShardedDataParallel")
    if any(type(module).__name__ in kinds for model in models for module in model.modules()):
        return True
    import gc

    own = {id(module) for model in models for module in model.modules()}
    own_parameters = {id(parameter) for parameter in parameters}
    for thing in gc.get_objects():
        if type(thing).__name__ in kinds and isinstance(thing, torch.nn.Module):
            if id(thing.module) in own or any(id(parameter) in own_parameters for parameter in thing.parameters()):
                return True
    return False


def _is_joining(models: Sequence[torch.nn.Module]) -> bool:
    """Inside `with model.join()` the processes do not take the same number of steps."""
    configs = (getattr(model, "_join_config", None) for model in models)
    return any(config is not None and getattr(config, "enable", False) for config in configs)


def _agree(flag: bool, device: torch.device | None) -> bool:
    """Whether any process raised its flag. Each calls it once an update."""
    if device is None:
        return flag
    total = torch.tensor([1.0 if flag else 0.0], device=device)
    torch.distributed.all_reduce(total, op=torch.distributed.ReduceOp.MAX)
    return bool(total.item())


def _store() -> Any:
    """The key-value store through which the processes found each other."""
    from torch.distributed import distributed_c10d

    return distributed_c10d._get_default_store()


def _run_name(run: _Run) -> str:
    """The run's folder: its time of beginning, the same for all processes."""
    own = f"{run.started.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}" + (f"-{run.number}" if run.number else "")
    key = f"nanlens/run/{run.number}"
    rank, world = _rank_and_world()
    if world == 1:
        return own
    try:
        store = _store()
        if rank == 0:
            store.set(key, own)
            return own
        store.wait([key], datetime.timedelta(seconds=PEER_TIMEOUT))
        return str(store.get(key).decode())
    except Exception:
        return os.environ.get("TORCHELASTIC_RUN_ID", "") or own


def _exchange(recorder: Recorder, step: int, role: str, sentence: str | None) -> list[dict[str, Any]]:
    """What each process found, the guilty one first. A process that does not answer in time is left out."""
    rank, world = _rank_and_world()
    if world == 1 or not recorder._is_collective:
        return []
    own = {"rank": rank, "role": role, "step": step, "sentence": sentence}
    peers = [own]
    try:
        store = _store()
        prefix = f"nanlens/{step}/"
        store.set(f"{prefix}{rank}", json.dumps(own))
        others = [other for other in range(world) if other != rank]
        deadline = time.monotonic() + PEER_TIMEOUT
        for other in others:
            left = max(0.1, deadline - time.monotonic())
            try:
                store.wait([f"{prefix}{other}"], datetime.timedelta(seconds=left))
                peers.append(json.loads(store.get(f"{prefix}{other}").decode()))
            except Exception:
                peers.append({"rank": other, "role": "secondary", "step": None, "sentence": None})
    except Exception as error:
        _say(f"the other processes could not be asked: {error}")
    order = {"first": 0, "consequence": 1, "secondary": 2, "benign": 3}
    return sorted(peers, key=lambda peer: (order[peer["role"]], peer["rank"]))


def _await_peers(recorder: Recorder, step: int) -> None:
    """A process that ends takes the others down: none does before all have written what they know."""
    rank, world = _rank_and_world()
    if world == 1 or not recorder._is_collective:
        return
    with contextlib.suppress(Exception):
        store = _store()
        store.set(f"nanlens/{step}/done/{rank}", "1")
        keys = [f"nanlens/{step}/done/{other}" for other in range(world)]
        store.wait(keys, datetime.timedelta(seconds=PEER_TIMEOUT))


# ---------------------------------------------------------------------------------------------------------------------
# The user's loop: the loader around which it runs, the decorated step, the guard, and loops that were left.


class _Watch(Generic[T]):
    """The loader as the loop sees it; everything else of the loader shows through."""

    def __init__(self, recorder: Recorder, loader: Iterable[T]) -> None:
        self._recorder = recorder
        self._loader = loader

    def __iter__(self) -> _Iterator[T]:
        return _Iterator(self._recorder, self._loader)

    def __len__(self) -> int:
        return len(self._loader)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name in ("_loader", "_recorder"):  # not there yet, in a copy under way
            raise AttributeError(name)
        return getattr(self._loader, name)


class _Iterator(Iterator[T]):
    """Hands out batches; after a bad step hands out the same ones again."""

    def __init__(self, recorder: Recorder, loader: Iterable[T]) -> None:
        self._recorder = recorder
        self._inner = iter(loader)
        self._index = 0
        self._code: types.CodeType | None = None
        self._line = 0
        self._replay: _Replay | None = None
        self._next_micro = 0
        self._is_over = False
        _patches.iterators.add(self)

    def __iter__(self) -> _Iterator[T]:
        return self

    def __next__(self) -> T:
        recorder = self._recorder
        if self._replay is None and not recorder._is_off and recorder._replay is None:
            self._note_counters()
            self._begin_replay()
        if self._replay is not None:
            if self._next_micro < len(self._replay.window.micro):
                micro = self._replay.window.micro[self._next_micro]
                self._next_micro += 1
                return self._replay.begin(micro)  # type: ignore[no-any-return]
            self._end_replay()
        if recorder._is_off or recorder._replay is not None:
            return self._fetch()
        try:
            batch = self._fetch()
        except StopIteration:
            late = recorder._look_back(wait=True)
            if late is not None and self._enter_replay(late):
                return self.__next__()
            self._is_over = True
            raise
        frame = _loop_frame()
        self._code, self._line = (frame.f_code, frame.f_lineno) if frame is not None else (None, 0)
        given = recorder._begin(batch, frame, self._index, _patches.take_indices())
        self._index += 1
        return batch if recorder._is_off else given  # type: ignore[return-value]

    def _fetch(self) -> T:
        _patches.fetching += 1
        try:
            return next(self._inner)
        finally:
            _patches.fetching -= 1

    def _note_counters(self) -> None:
        """What the loop bound beside the batch in the iteration that ends."""
        window = self._recorder._window
        if self._code is None or window is None or not window.micro:
            return
        names = _counter_names(self._code, self._line)
        frame = _loop_frame() if len(names) > 1 else None
        if frame is not None and frame.f_code is self._code:
            values = {name: frame.f_locals.get(name) for name in names}
            window.micro[-1].counters = {name: value for name, value in values.items() if type(value) is int}

    def _begin_replay(self) -> None:
        recorder = self._recorder
        recorder._raise_pending()
        trip = recorder._finish()
        window = recorder._window if trip is not None else recorder._look_back()
        if window is not None and window.trip is not None and not recorder._is_off:
            self._enter_replay(window)

    def _enter_replay(self, window: _Window) -> bool:
        """Makes the next batches those of the bad window. False where it is not to be run again, or cannot be."""
        recorder = self._recorder
        assert window.trip is not None
        if not window.micro or (recorder._run.anomalies >= MAX_DUMPS and recorder.on_anomaly == "warn"):
            recorder._skip_quietly(window)
            return False
        _say(f"step {window.step} is not finite; it is run once more to find out why.")
        frame = _loop_frame()
        replay = _Replay(recorder, window, window.trip, frame if frame and frame.f_code is self._code else None)
        try:
            replay.__enter__()
        except Exception as error:
            replay._exits.close()
            recorder._fail(error)
            return False
        self._replay = replay
        self._next_micro = 0
        return True

    def _end_replay(self) -> None:
        """Raises the verdict, or goes on with the next batch."""
        replay, self._replay = self._replay, None
        assert replay is not None
        error: NonFinite | None = None
        try:
            replay.__exit__(None, None, None)
            error = _settle(self._recorder, replay.window, replay)
        except Exception as problem:
            self._recorder._fail(problem)
        if error is not None:
            self._is_over = True
            raise error

    def __del__(self) -> None:
        if self._is_over or sys.is_finalizing():
            return
        try:
            self._leave()
        except Exception as error:
            with contextlib.suppress(Exception):
                self._recorder._fail(error)

    def _leave(self) -> None:
        """The loop was left before its loader ended: by `break`, `return`, an exception or an exit."""
        self._is_over = True
        recorder = self._recorder
        if self._replay is not None:
            replay, self._replay = self._replay, None
            replay.notes.append("The loop was left in the middle of the replay.")
            replay.__exit__(None, None, None)
            _tell_later(recorder, _settle(recorder, replay.window, replay))
            return
        window = recorder._window
        if recorder._is_off or recorder._replay is not None or window is None or not window.micro:
            return
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code is not self._code:
            frame = frame.f_back
        if window.trip is None:
            if frame is None or not window.is_open or _leaves_on_purpose(frame, self._line):
                return
            if not _shows_nan(frame):
                # The traceback will tell whether a NaN had to do with it.
                _patches.left = (recorder, window, frame.f_code, self._line)
                return
        _autopsy(recorder, window, frame, self._line)

    def leave_by(self, frames: Sequence[types.FrameType], is_suspicious: bool) -> None:
        """An exception or an exit goes through the loop, whose frame is one of these."""
        recorder = self._recorder
        window = recorder._window
        frame = next((frame for frame in frames if frame.f_code is self._code), None)
        if self._is_over or recorder._is_off or (frame is None and self._replay is None):
            return
        if self._replay is not None or (window is not None and window.trip is not None and window.micro):
            self._is_over = self._replay is None
            if self._replay is not None:
                self._leave()
            elif window is not None:
                _autopsy(recorder, window, frame, self._line)
        elif window is not None and window.micro and window.is_open and is_suspicious and recorder._replay is None:
            self._is_over = True
            _autopsy(recorder, window, frame, self._line)


def _loop_frame() -> types.FrameType | None:
    """The frame of the loop that asks for a batch: the nearest of the user's own."""
    frame: types.FrameType | None = sys._getframe(1)
    nearest: types.FrameType | None = None
    for _ in range(12):
        if frame is None:
            break
        owner = _owner(frame.f_code.co_filename)
        if owner == "user":
            return frame
        if owner != "own" and nearest is None:
            nearest = frame
        frame = frame.f_back
    return nearest


def _tell_later(recorder: Recorder, error: NonFinite | None) -> None:
    """A verdict that cannot be raised where it was found is told at once, and raised at the next step."""
    if error is not None:
        _say(str(error))
        recorder._pending = error


# -- a loop that was left: its body is run again from its source


_NO_AUTOPSY = (KeyboardInterrupt, MemoryError, SyntaxError, ImportError, NonFinite)


def _leaves_on_purpose(frame: types.FrameType, loop_line: int) -> bool:
    """Whether the frame stands at a `break` or `return` of the loop."""
    loop = _loop_at(frame.f_code.co_filename, loop_line)
    if loop is None:
        return True
    for statement in loop[0].body:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Break, ast.Return)) and node.lineno <= frame.f_lineno <= (node.end_lineno or 0):
                return True
    return not any(
        statement.lineno <= frame.f_lineno <= (statement.end_lineno or 0) for statement in loop[0].body
    )


def _shows_nan(frame: types.FrameType) -> bool:
    """Whether a variable of the frame is NaN, or a loss of its that is Inf."""
    for value in list(frame.f_locals.values())[:500]:
        if isinstance(value, float) and math.isnan(value):
            return True
        for tensor in _tensors(value, 2):
            values = _values(tensor) if type(tensor) in (torch.Tensor, torch.nn.Parameter) else None
            if values is None or values.numel() == 0:
                continue
            if bool(torch.isnan(values).any()) or (values.numel() == 1 and tensor.requires_grad and not _is_finite(values)):
                return True
    return False


def _autopsy(recorder: Recorder, window: _Window, frame: types.FrameType | None, line: int) -> None:
    """Runs the loop's body again in a copy of its variables and tells what it finds. Nothing is raised here."""
    was_tripped = window.trip is not None
    trip = window.trip = window.trip or _Trip("left", window.checks, _fetch(window.losses))
    body = _body_of(frame, line) if frame is not None and _rank_and_world()[1] == 1 else None
    if body is None or frame is None:
        if was_tripped:
            _tell_later(recorder, _settle(recorder, window, None))
        return
    recorder._window = window
    if window.variables is not None:
        variables = {**frame.f_globals, **frame.f_locals, **window.variables.values}
        for owner, name, value in window.variables.attributes:
            with contextlib.suppress(Exception):
                setattr(owner, name, value)
        window.variables = None
    else:
        variables = {**frame.f_globals, **frame.f_locals}
    run = body(variables)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        # Ctrl+C ends it, too: the loop was left, and nobody is there to catch anything.
        micros = iter(window.micro)
        replay = _run_again(recorder, window, trip, lambda batch: run(next(micros), batch), frame, BaseException)
    if not was_tripped and replay.finding is None:
        recorder._window = None
        return
    _tell_later(recorder, _settle(recorder, window, replay))


def _body_of(
    frame: types.FrameType, line: int
) -> Callable[[dict[str, Any]], Callable[[_MicroBatch, Any], None]] | None:
    """The loop's body as a function of a batch, compiled from its source with the same line numbers."""
    path = frame.f_code.co_filename
    loop = _loop_at(path, line)
    if loop is None:
        return None
    node, owner = loop
    if any(isinstance(part, (ast.Yield, ast.YieldFrom, ast.Await, ast.Nonlocal)) for part in ast.walk(node)):
        return None
    names = sorted(set(_bound_in(node)) | _defined_names(node))
    once = ast.For(
        target=node.target,
        iter=ast.Name(id="_nanlens_items", ctx=ast.Load()),
        body=node.body,
        orelse=[],
    )
    statements: list[ast.stmt] = [ast.Global(names=names), once] if names else [once]
    function = ast.FunctionDef(
        name=frame.f_code.co_name if frame.f_code.co_name.isidentifier() else "loop",
        args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=statements,
        decorator_list=[],
        type_params=[],  # type: ignore[call-arg, unused-ignore]
    )
    top: ast.stmt = function
    if owner is not None:
        # Inside a class, for the sake of its private names.
        top = ast.ClassDef(
            name=owner,
            bases=[],
            keywords=[],
            body=[function],
            decorator_list=[],
            type_params=[],  # type: ignore[call-arg, unused-ignore]
        )
    for made_here in (once, function, top):
        ast.copy_location(made_here, node)
    try:
        code = compile(ast.fix_missing_locations(ast.Module(body=[top], type_ignores=[])), path, "exec")
    except (SyntaxError, ValueError):
        return None

    def bind(variables: dict[str, Any]) -> Callable[[_MicroBatch, Any], None]:
        made: dict[str, Any] = {}
        exec(code, variables, made)
        result = made[owner] if owner is not None else made[function.name]
        run = getattr(result, function.name) if owner is not None else result

        def call(micro: _MicroBatch, batch: Any) -> None:
            variables["_nanlens_items"] = (_as_target(node, micro, batch, variables),)
            run()

        return call

    return bind


def _defined_names(node: ast.For) -> set[str]:
    names: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            names.add(part.name)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in part.names}
        elif isinstance(part, ast.ExceptHandler) and part.name:
            names.add(part.name)
    return names


def _as_target(node: ast.For, micro: _MicroBatch, batch: Any, variables: Mapping[str, Any]) -> Any:
    """What the loop's target is bound to: the batch, or with its number where `enumerate` stands around the watch."""
    call = node.iter
    while isinstance(call, ast.Call) and not (isinstance(call.func, ast.Attribute) and call.func.attr == "watch"):
        if isinstance(call.func, ast.Name) and call.func.id == "enumerate":
            target = node.target
            number: Any = micro.index
            if isinstance(target, ast.Tuple) and target.elts and isinstance(target.elts[0], ast.Name):
                name = target.elts[0].id
                number = micro.counters.get(name, variables.get(name, micro.index))
            return number, batch
        if not call.args:
            break
        call = call.args[0]
    return batch


def _on_uncaught(kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
    """After the traceback of an exception that a NaN may have caused."""
    if not issubclass(kind, _NO_AUTOPSY) and kind.__name__ != "OutOfMemoryError":
        _examine([frame for frame, _ in traceback.walk_tb(trace)], str(error))


def _on_exit() -> None:
    """A script ends itself: from within the loop, or from the handler of an exception that went through it."""
    frames: list[types.FrameType] = []
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    error = sys.exc_info()[1]
    message = ""
    if error is not None and not isinstance(error, _NO_AUTOPSY):
        frames += [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        message = str(error)
    _examine(frames, message)


_TELLS_OF_NAN = re.compile(
    r"\b(nan|inf|infinity)\b|non-?finite|not finite|constraint|between 0 and 1|singular|positive-definite|converge", re.I
)
"""Messages of PyTorch, and of scripts, for values that a NaN made impossible."""


def _examine(frames: Sequence[types.FrameType], message: str) -> None:
    """Looks into loops that an exception or an exit goes through, if a NaN may have caused it."""
    loops = [iterator for iterator in list(_patches.iterators) if not iterator._is_over]
    left, _patches.left = _patches.left, None
    if not loops and left is None:
        return
    is_suspicious = _TELLS_OF_NAN.search(message) is not None or any(
        _shows_nan(frame) for frame in frames if _owner(frame.f_code.co_filename) != "own"
    )
    if left is not None and is_suspicious:
        recorder, window, code, line = left
        frame = next((frame for frame in frames if frame.f_code is code), None)
        if frame is not None and not recorder._is_off:
            try:
                _autopsy(recorder, window, frame, line)
            except Exception as problem:
                recorder._fail(problem)
    for iterator in loops:
        try:
            iterator.leave_by(frames, is_suspicious)
        except Exception as problem:
            iterator._recorder._fail(problem)


# -- the decorated step


def _run_step(recorder: Recorder, function: Callable[..., T], args: Any, keywords: Any) -> T:
    if recorder._is_off or recorder._replay is not None or (recorder._window is not None and recorder._is_in_step):
        return function(*args, **keywords)
    number = recorder._run.step
    recorder._begin((args, keywords), None, number, None)
    if recorder._window is not None and recorder._window.micro:
        recorder._window.micro[-1].shown = _bound_arguments(function, args, keywords)
    recorder._is_in_step = True
    window = recorder._window

    def rerun(batch: Any) -> None:
        function(*batch[0], **batch[1])

    if window is not None:
        window.rerun = rerun
    failure: Exception | None = None
    result: Any = None
    try:
        result = function(*args, **keywords)
    except NonFinite:
        raise
    except Exception as error:
        failure = error
    finally:
        recorder._is_in_step = False
    if recorder._is_off or window is None:
        if failure is not None:
            raise failure
        return result  # type: ignore[no-any-return]
    trip = recorder._finish()
    if trip is None and failure is not None:
        frames = [frame for frame, _ in traceback.walk_tb(failure.__traceback__)]
        if not isinstance(failure, _NO_AUTOPSY) and any(_shows_nan(frame) for frame in frames):
            trip = window.trip = _Trip("left", window.checks, _fetch(window.losses))
    if trip is not None and not (recorder._run.anomalies >= MAX_DUMPS and recorder.on_anomaly == "warn"):
        error_to_raise: NonFinite | None = None
        try:
            replay = _run_again(recorder, window, trip, rerun, None)
            error_to_raise = _settle(recorder, window, replay)
        except Exception as problem:
            recorder._fail(problem)
        if error_to_raise is not None:
            raise error_to_raise from failure
    elif trip is not None:
        recorder._skip_quietly(window)
    if failure is not None:
        raise failure
    recorder._conclude_past()
    return result  # type: ignore[no-any-return]


def _bound_arguments(function: Callable[..., Any], args: Any, keywords: Any) -> Any:
    """The arguments by the names of the parameters."""
    try:
        return dict(inspect.signature(function).bind(*args, **keywords).arguments)
    except (TypeError, ValueError):
        return [*args, keywords]


# -- inference


@contextlib.contextmanager
def _guard(recorder: Recorder) -> Iterator[None]:
    """Looks at what the models give back."""
    if recorder._is_off:
        yield
        return
    calls: list[tuple[torch.nn.Module, Any, Any, _RandomState, list[Any]]] = []

    def enter(module: torch.nn.Module, args: Any, keywords: Any) -> None:
        try:
            devices = recorder._find_devices()
            calls.append((module, args, keywords, _RandomState(devices, ()), recorder._buffers.take()))
        except Exception as error:
            recorder._fail(error)

    def leave(module: torch.nn.Module, args: Any, keywords: Any, output: Any) -> None:
        if recorder._is_off or recorder._replay is not None or not calls:
            return
        error: NonFinite | None = None
        try:
            _, args, keywords, state, buffers = calls.pop()
            if calls or all(_is_finite(tensor) for tensor in _tensors(output)):
                return
            window = _Window(recorder._run.step, buffers, None)
            given = (args, keywords)
            window.micro.append(_MicroBatch(given, given, recorder._run.step, state, None))
            window.micro[0].shown = _bound_arguments(module.forward, args, keywords)
            window.trip = _Trip("check", 0, [])
            recorder._window = window

            def rerun(batch: Any) -> None:
                output = module(*batch[0], **batch[1])
                replay = recorder._replay
                if replay is not None and not replay.is_done:
                    replay.look_at_outputs(output)

            replay = _run_again(recorder, window, window.trip, rerun, None)
            error = _settle(recorder, window, replay)
        except Exception as problem:
            recorder._fail(problem)
        if error is not None:
            raise error

    handles = []
    for model in recorder._models:
        handles.append(model.register_forward_pre_hook(enter, with_kwargs=True))
        handles.append(model.register_forward_hook(leave, with_kwargs=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


# ---------------------------------------------------------------------------------------------------------------------
# The few calls of PyTorch that are listened to, while any recorder lives.


class _ClipNorm:
    """The norm that `clip_grad_norm_` has just computed, and of which gradients."""

    def __init__(self, norm: torch.Tensor, gradients: Sequence[torch.Tensor]) -> None:
        self.norm = norm.detach()
        self.gradients = list(gradients)
        self.versions = [gradient._version for gradient in gradients]

    def is_of(self, gradients: Sequence[torch.Tensor]) -> bool:
        """Whether these are the same gradients, changed by nothing but the clipping itself."""
        return len(gradients) == len(self.gradients) and all(
            one is two and one._version - version in (0, 1)
            for one, two, version in zip(gradients, self.gradients, self.versions)
        )


def _leaves_of(losses: Any) -> set[int]:
    """The ids of the parameters that the losses were computed from."""
    found: set[int] = set()
    seen: set[Any] = set()
    nodes: list[Any] = [tensor.grad_fn for tensor in _tensors(losses)]
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if variable is not None:
            found.add(id(variable))
        nodes += [following for following, _ in node.next_functions]
    return found


_END = object()
"""Stands for the end of a data loader among what a step fetched."""
MAX_FETCHED = 64
MAX_FETCHED_BYTES = 256 * 2**20


class _Patches:
    def __init__(self) -> None:
        self.recorders: list[weakref.ref[Recorder]] = []
        self.iterators: weakref.WeakSet[_Iterator[Any]] = weakref.WeakSet()
        self.left: tuple[Recorder, _Window, types.CodeType, int] | None = None
        """A loop that an exception may have gone through: its window, its code and line."""
        self.fetching = 0
        """Whether a watched loop is fetching its own batch."""
        self._indices: list[int] | None = None
        self._undo: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def live(self) -> list[Recorder]:
        return [recorder for reference in self.recorders if (recorder := reference()) is not None]

    def listening(self) -> list[Recorder]:
        """Those that are to hear of what happens: while one runs a step again, the others have seen that step already."""
        recorders = self.live()
        return [recorder for recorder in recorders if recorder._replay is not None] or recorders

    def listening_to(self, losses: Any) -> list[Recorder]:
        """Those of several recorders whose parameters the losses depend on; all, where that cannot be seen."""
        recorders = self.listening()
        if len(recorders) < 2:
            return recorders
        leaves = _leaves_of(losses)
        return [recorder for recorder in recorders if recorder._has_one_of(leaves)] or recorders

    def install(self, recorder: Recorder) -> None:
        with self._lock:
            self.recorders = [reference for reference in self.recorders if reference() is not None]
            self.recorders.append(weakref.ref(recorder))
            if not self._undo:
                self._install()

    def remove(self, recorder: Recorder) -> None:
        with self._lock:
            self.recorders = [one for one in self.recorders if one() is not None and one() is not recorder]
            if not self.recorders:
                for undo in reversed(self._undo):
                    undo()
                self._undo = []

    def take_indices(self) -> list[int] | None:
        """Indices into the data set of the batch that a DataLoader has just given."""
        indices, self._indices = self._indices, None
        return indices

    def _replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Wraps an attribute, and unwraps it at the end if nobody has wrapped it again since."""
        original = getattr(owner, name, None)
        if original is None:
            return
        replacement = functools.wraps(original)(make(original))
        setattr(owner, name, replacement)

        def undo() -> None:
            if getattr(owner, name, None) is replacement:
                setattr(owner, name, original)

        self._undo.append(undo)

    def _install(self) -> None:
        self._undo.append(register_optimizer_step_pre_hook(self._before_step).remove)
        self._replace(torch.autograd, "backward", self._backward)
        scaler = torch.amp.GradScaler
        self._replace(scaler, "scale", self._scale)
        self._replace(scaler, "step", self._scaler_step)
        self._replace(scaler, "unscale_", self._unscale)
        self._replace(scaler, "update", self._update)
        from torch.nn.utils import clip_grad

        self._replace(clip_grad, "_get_total_norm", self._total_norm)
        from torch.utils.data import dataloader

        self._replace(dataloader._BaseDataLoaderIter, "__next__", self._next_batch)
        self._replace(dataloader._BaseDataLoaderIter, "_next_index", self._next_index)
        self._replace(sys, "excepthook", self._excepthook)
        self._replace(sys, "exit", self._exit)

    def _before_step(self, optimizer: torch.optim.Optimizer, args: Any, keywords: Any) -> Any:
        changed: Any = None
        for recorder in self.listening():
            if recorder._is_off:
                recorder._answer_peers(optimizer)
                continue
            result = recorder._before_step(optimizer, args, keywords)
            if result is not None:
                args, keywords = result
                changed = result
        return changed

    def _backward(self, original: Any) -> Any:
        def backward(tensors: Any, *args: Any, **keywords: Any) -> Any:
            for recorder in self.listening_to(tensors):
                recorder._on_backward(tensors)
            return original(tensors, *args, **keywords)

        return backward

    def _is_replaying(self) -> bool:
        return any(recorder._replay is not None for recorder in self.live())

    def _scale(self, original: Any) -> Any:
        def scale(scaler: Any, outputs: Any) -> Any:
            if not scaler.is_enabled():
                return original(scaler, outputs)
            for recorder in self.listening_to(outputs):
                recorder._on_scale(scaler, outputs)
            # A replay runs at a scale of 1: what overflows there overflows by itself.
            return outputs if self._is_replaying() else original(scaler, outputs)

        return scale

    def _scaler_step(self, original: Any) -> Any:
        def step(scaler: Any, optimizer: Any, *args: Any, **keywords: Any) -> Any:
            if not scaler.is_enabled():
                return original(scaler, optimizer, *args, **keywords)
            recorders = self.live()
            if self._is_replaying():
                for recorder in recorders:
                    recorder._on_replayed_step(optimizer)
                return None
            for recorder in recorders:
                if recorder._is_off:
                    recorder._answer_peers(optimizer)
                else:
                    recorder._before_scaler_step(scaler, optimizer)
            if any(recorder._has_dropped_the_step() for recorder in recorders):
                return None
            for recorder in recorders:
                recorder._scaling.is_stepping = True
            try:
                return original(scaler, optimizer, *args, **keywords)
            finally:
                for recorder in recorders:
                    recorder._scaling.is_stepping = False
                    recorder._after_scaler_step(scaler, optimizer)

        return step

    def _unscale(self, original: Any) -> Any:
        def unscale_(scaler: Any, optimizer: Any) -> Any:
            return None if self._is_replaying() else original(scaler, optimizer)

        return unscale_

    def _update(self, original: Any) -> Any:
        def update(scaler: Any, *args: Any, **keywords: Any) -> Any:
            if self._is_replaying():
                return None
            # Gradients that the recorder took away were never looked at for Inf.
            if any(recorder._has_dropped_the_step() for recorder in self.live()):
                states = scaler._per_optimizer_states
                if not any(state["found_inf_per_device"] for state in states.values()):
                    states.clear()
                    return None
            return original(scaler, *args, **keywords)

        return update

    def _total_norm(self, original: Any) -> Any:
        def _get_total_norm(tensors: Any, norm_type: float = 2.0, *args: Any, **keywords: Any) -> Any:
            listed = [tensors] if isinstance(tensors, torch.Tensor) else list(tensors)
            total = original(listed, norm_type, *args, **keywords)
            if float(norm_type) == 2.0 and type(total) is torch.Tensor:
                for recorder in self.live():
                    if not recorder._is_off and recorder._replay is None:
                        recorder._clip = _ClipNorm(total, listed)
            return total

        return _get_total_norm

    def _next_index(self, original: Any) -> Any:
        def _next_index(iterator: Any) -> Any:
            index = original(iterator)
            queue = iterator.__dict__.setdefault("_nanlens_indices", collections.deque(maxlen=4096))
            queue.append(index)
            return index

        return _next_index

    def _next_batch(self, original: Any) -> Any:
        def __next__(iterator: Any) -> Any:
            recorders = self.live()
            if not self.fetching:
                for recorder in recorders:
                    replay = recorder._replay
                    if replay is not None and not replay.is_done and replay.fetched:
                        result, state = replay.fetched.popleft()
                        state.restore()
                        if result is _END:
                            raise StopIteration
                        return result
            try:
                result = original(iterator)
            except StopIteration:
                self._note_fetch(recorders, _END)
                raise
            queue = iterator.__dict__.get("_nanlens_indices")
            indices = queue.popleft() if queue else None
            self._indices = indices if isinstance(indices, list) else [indices] if isinstance(indices, int) else None
            self._note_fetch(recorders, result)
            return result

        return __next__

    def _note_fetch(self, recorders: Sequence[Recorder], result: Any) -> None:
        """What the body fetches itself is handed out again in a replay."""
        if self.fetching:
            return
        for recorder in recorders:
            window = recorder._window
            if recorder._is_off or recorder._replay is not None or window is None or not window.micro:
                continue
            micro = window.micro[-1]
            micro.fetched_size += 0 if result is _END else _byte_count(result)
            if len(micro.fetched) < MAX_FETCHED and micro.fetched_size <= MAX_FETCHED_BYTES:
                micro.fetched.append((result, _RandomState(recorder._find_devices(), recorder._generators or ())))

    def _excepthook(self, original: Any) -> Any:
        def excepthook(kind: Any, error: Any, trace: Any) -> None:
            original(kind, error, trace)
            with contextlib.suppress(Exception):
                _on_uncaught(kind, error, trace)

        return excepthook

    def _exit(self, original: Any) -> Any:
        def exit(*args: Any) -> Any:
            with contextlib.suppress(Exception):
                _on_exit()
            return original(*args)

        return exit


_patches = _Patches()


def check(name: str, value: Any) -> None:
    """
    Looks at a value of the step that runs: a tensor, an array, a number, or tuples, lists and mappings of them. If one is
    not finite, the recorder runs the step again and its dump tells of `name`. Without a recorder nothing happens but a
    line on standard error, the first time. Never raises.
    """
    with contextlib.suppress(Exception):
        _check_value(name, value)


_told_checks: set[str] = set()


def _check_value(name: str, value: Any) -> None:
    recorders = [recorder for recorder in _patches.live() if not recorder._is_off]
    for recorder in recorders:
        replay = recorder._replay
        if replay is not None:
            if replay.is_done:
                return
            with replay._unwatched():
                for path, tensor in _named_tensors(_as_tensors(value), name):
                    if not _is_finite(tensor):
                        replay.trace.checks.append((path, _statistics(tensor, path), _stack(sys._getframe(1))))
            return
    flags = [flag for tensor in _tensors(_as_tensors(value)) if (flag := _flag(tensor)) is not None]
    if not flags:
        return
    for recorder in recorders:
        recorder._checks += [(name, flag) for flag in flags]
        del recorder._checks[:-4096]
    if not recorders and name not in _told_checks and any(_fetch(flags)):
        _told_checks.add(name)
        site = _user_site(_stack(sys._getframe(2)))
        at = f" at {_place(site)}" if site is not None else ""
        _say(f"`{name}`{at} is not finite. With `nanlens.Recorder` in the script the cause is found and kept.")


def _flag(tensor: torch.Tensor) -> torch.Tensor | None:
    """1 where any element is NaN or Inf, on the tensor's device."""
    parts = [values for part in _plain(tensor) if (values := _values(part)) is not None and values.numel()]
    if not parts:
        return None
    return (~torch.isfinite(parts[0])).any().to(torch.float32)


def _as_tensors(value: Any, depth: int = 3) -> Any:
    """Arrays and numbers as tensors; other things stay."""
    if isinstance(value, float):
        return torch.tensor(value, dtype=torch.float64)
    if isinstance(value, torch.Tensor) or depth == 0:
        return value
    if isinstance(value, Mapping):
        return {key: _as_tensors(part, depth - 1) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_as_tensors(part, depth - 1) for part in value]
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind in ("f", "c") and type(value).__module__.startswith("numpy"):
        return torch.tensor(value.tolist(), dtype=torch.complex128 if kind == "c" else torch.float64)
    return value


# ---------------------------------------------------------------------------------------------------------------------
# Trainers that own the loop: Hugging Face Transformers and Lightning. Accelerate and Fabric leave it to the user.


def attach(
    trainer: Any,
    out: str | os.PathLike[str] = "nanlens-dumps",
    on_anomaly: Literal["raise", "warn"] = "raise",
    **options: Any,
) -> Recorder:
    """
    Records what a trainer trains: one of Hugging Face Transformers (or a subclass) or of Lightning. Call it before
    `train()` or `fit()`. Raises TypeError for anything else.
    """
    if callable(getattr(trainer, "training_step", None)) and hasattr(trainer, "args") and hasattr(trainer, "model"):
        return _attach_transformers(trainer, out, on_anomaly, options)
    if hasattr(trainer, "callbacks") and hasattr(trainer, "fit"):
        callback = __getattr__("LightningCallback")(out, on_anomaly, **options)
        trainer.callbacks.append(callback)
        return callback.recorder  # type: ignore[no-any-return]
    raise TypeError(f"a Trainer of transformers or of Lightning is expected, not {type(trainer).__name__}")


def _attach_transformers(trainer: Any, out: Any, on_anomaly: Any, options: Any) -> Recorder:
    recorder = Recorder(trainer.model, trainer.optimizer, out, on_anomaly, **options)
    original = trainer.training_step

    @functools.wraps(original)
    def training_step(*args: Any, **keywords: Any) -> Any:
        if recorder._replay is None and not recorder._is_off:
            recorder._end_of_batch()
            recorder._begin((args, keywords), None, trainer.state.global_step, None)
            recorder._clock(trainer.state.global_step)
        return original(*args, **keywords)

    recorder._rerun = lambda batch: original(*batch[0], **batch[1])
    trainer.training_step = training_step
    trainer._nanlens = recorder
    return recorder


def _make_lightning_callback() -> type:
    """The class, made when it is asked for: Lightning need not be installed."""
    try:
        from lightning.pytorch import Callback
    except ImportError:
        try:
            from pytorch_lightning import Callback  # type: ignore[no-redef, assignment, import-not-found, unused-ignore]
        except ImportError:
            raise ImportError("nanlens.LightningCallback needs the package lightning or pytorch-lightning") from None

    class LightningCallback(Callback):  # type: ignore[misc, unused-ignore]
        """Records a Lightning run: `Trainer(callbacks=[nanlens.LightningCallback()])`."""

        def __init__(
            self,
            out: str | os.PathLike[str] = "nanlens-dumps",
            on_anomaly: Literal["raise", "warn"] = "raise",
            **options: Any,
        ) -> None:
            super().__init__()
            self.recorder = Recorder(None, None, out, on_anomaly, **options)

        def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
            self.recorder._adopt([pl_module], trainer.optimizers)

        def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
            recorder = self.recorder
            if recorder._is_off:
                return
            recorder._rerun = functools.partial(_lightning_step, trainer, pl_module)
            recorder._end_of_batch()
            recorder._begin((batch, batch_idx), None, batch_idx, None)
            recorder._clock(trainer.global_step)

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            self.recorder._end_of_batch(is_last=True)

    return LightningCallback


def _lightning_step(trainer: Any, module: Any, given: Any) -> None:
    """One `training_step` and its backward, without logging."""
    batch, index = given
    expected = inspect.signature(type(module).training_step).parameters
    args = (batch, index) if len(expected) > 2 else (batch,)
    for name in ("log", "log_dict"):
        object.__setattr__(module, name, lambda *_, **__: None)
    try:
        output = trainer.strategy.training_step(*args)
    finally:
        for name in ("log", "log_dict"):
            object.__delattr__(module, name)
    loss = output["loss"] if isinstance(output, Mapping) else output
    if module.automatic_optimization and isinstance(loss, torch.Tensor):
        torch.autograd.backward(loss)


_lightning_callback: type | None = None


def __getattr__(name: str) -> Any:
    global _lightning_callback
    if name == "LightningCallback":
        if _lightning_callback is None:
            _lightning_callback = _make_lightning_callback()
        return _lightning_callback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _as_module(value: Any) -> torch.nn.Module:
    if isinstance(value, torch.nn.Module):
        return value
    raise TypeError(f"model is a torch.nn.Module or a list of them, not {type(value).__name__}")


def _as_optimizer(value: Any) -> torch.optim.Optimizer:
    """The optimizer of PyTorch, out of the wrappers of Accelerate, Fabric and the like."""
    for _ in range(8):
        inner = getattr(value, "optimizer", None)
        if inner is None or inner is value:
            break
        value = inner
    if isinstance(value, torch.optim.Optimizer):
        return value
    raise TypeError(f"optimizer is a torch.optim.Optimizer or a list of them, not {type(value).__name__}")
