"""Writes a recorder dump of one of the examples by running it with every tensor operation watched.

    python examples/runs/record_dump.py bernoulli_vae

Slow, and good enough for a script of a few seconds: each operation of a step is kept with the statistics of what went
in and what came out, until a loss is not finite. What stands in the dump was measured in that run.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import linecache
import math
import os
import pathlib
import platform
import runpy
import sys

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode

RUNS = pathlib.Path(__file__).resolve().parent
EXAMPLES = RUNS.parent


class NonFiniteLoss(Exception):
    """Ends the watched script."""


def number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def statistics(tensor: torch.Tensor, name: str | None = None) -> dict:
    """min, max and mean over the finite elements, counts over all."""
    tensor = tensor.detach()
    result: dict = {"name": name, "shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch.")}
    if tensor.is_floating_point():
        finite = tensor[torch.isfinite(tensor)].double()
        if finite.numel():
            result |= {"min": finite.min().item(), "max": finite.max().item(), "mean": finite.mean().item()}
            result |= {"absMin": finite.abs().min().item(), "absMax": finite.abs().max().item()}
        result |= {
            "nan": int(tensor.isnan().sum()),
            "posInf": int((tensor == math.inf).sum()),
            "negInf": int((tensor == -math.inf).sum()),
        }
    return result


def tensors_of(value) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for part in value for tensor in tensors_of(part)] if isinstance(value, (tuple, list)) else []


def user_frames() -> list[tuple[str, int, str]]:
    """Path, line and function of the calls that lie in the example itself, outermost first."""
    frames = []
    frame = sys._getframe(1)
    while frame is not None:
        if os.path.dirname(frame.f_code.co_filename) == str(EXAMPLES):
            frames.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return frames[::-1]


def location(path: str, line: int, function: str) -> dict:
    text = linecache.getline(path, line).strip()
    return {"path": os.path.basename(path), "line": line, "function": function, "text": text}


def with_excerpt(path: str, line: int, function: str) -> dict:
    first = max(1, line - 3)
    lines = [linecache.getline(path, number).rstrip("\n") for number in range(first, line + 4)]
    return location(path, line, function) | {"isUser": True, "excerpt": {"firstLine": first, "lines": lines}}


@dataclasses.dataclass
class Record:
    """One operation of the step under way, with what went in and what came out."""

    name: str
    module: str | None
    frames: list[tuple[str, int, str]]
    inputs: list[torch.Tensor]
    outputs: list[torch.Tensor]

    @property
    def is_finite(self) -> bool:
        return all(torch.isfinite(tensor).all().item() for tensor in self.outputs)

    @property
    def is_mask(self) -> bool:
        """Whether it puts constants in, as masks do with -inf: meant to be so, and never the cause."""
        return self.name.removesuffix("_") in ("aten::masked_fill", "aten::fill", "aten::full", "aten::scalar_tensor")

    def as_operation(self) -> dict:
        return {
            "name": self.name,
            "phase": "forward",
            "module": self.module,
            "source": location(*self.frames[-1]),
            "inputs": [statistics(tensor) for tensor in self.inputs],
            "outputs": [statistics(tensor) for tensor in self.outputs],
            "nonFinite": not self.is_finite,
        }


class Watch(TorchDispatchMode):
    """Keeps the operations of the step that is under way, and ends the script at the first loss that is not finite."""

    def __init__(self) -> None:
        super().__init__()
        self.step = 0
        self.records: list[Record] = []
        self.modules: list[str] = []
        self.names: dict[torch.nn.Module, str] = {}
        self.history: dict[str, list[tuple[int, float]]] = {"loss": [], "grad_norm": []}
        self.batch: list[dict] = []
        self.loss: torch.Tensor | None = None

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        outputs = func(*args, **(kwargs or {}))
        frames = user_frames()
        if not frames:
            return outputs
        # Copies, for a later operation may work in place.
        inputs = [tensor.detach().clone() for tensor in tensors_of(list(args))]
        results = [tensor.detach().clone() for tensor in tensors_of(outputs)]
        self.records.append(Record(func._schema.name, self.modules[-1] if self.modules else None, frames, inputs, results))
        return outputs

    def enter(self, module: torch.nn.Module, inputs: tuple) -> None:
        if not self.modules:
            self.names = {part: name for name, part in module.named_modules()}
            self.batch = [statistics(tensor, f"input {index}") for index, tensor in enumerate(tensors_of(inputs))]
        self.modules.append(self.names.get(module, ""))

    def leave(self, *_: object) -> None:
        self.modules.pop()

    def before_step(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.stack([gradient.norm() for gradient in gradients]).norm().item()
        self.history["grad_norm"].append((self.step, norm))

    def after_step(self, *_: object) -> None:
        self.step += 1
        self.records.clear()

    def look_at(self, loss: torch.Tensor) -> None:
        self.history["loss"].append((self.step, loss.item()))
        if not math.isfinite(loss.item()):
            self.loss = loss
            raise NonFiniteLoss


def kind_of(outputs: list[torch.Tensor]) -> tuple[str, str]:
    if any(tensor.isnan().any() for tensor in outputs):
        return "nan-forward", "nan"
    return "inf-forward", "-inf" if any((tensor == -math.inf).any() for tensor in outputs) else "inf"


def anomaly(watch: Watch, record: Record, role: str, message: str) -> dict:
    kind, value = kind_of(record.outputs)
    named = [statistics(tensor, f"input {index}") for index, tensor in enumerate(record.inputs)]
    named += [statistics(tensor, f"output {index}") for index, tensor in enumerate(record.outputs)]
    return {
        "kind": kind,
        "value": value,
        "role": role,
        "op": record.name,
        "outputIndex": 0,
        "module": record.module,
        "step": watch.step,
        "source": location(*record.frames[-1]),
        "frames": [with_excerpt(*frame) for frame in record.frames],
        "message": message,
        "tensors": named,
    }


def dump_of(watch: Watch, script: str, started: datetime.datetime) -> dict:
    """The dump of the step in which the watched script ended."""
    bad = [record for record in watch.records if not record.is_finite and not record.is_mask]
    first = bad[0]
    if not all(torch.isfinite(tensor).all() for tensor in first.inputs):
        raise SystemExit("the first operation with a bad result had a bad input: the damage came before this step")
    wrong = ~torch.isfinite(first.outputs[0])
    path, line, function = first.frames[-1]
    where = f"{os.path.basename(path)}:{line} in {function}"
    short = first.name.removeprefix("aten::")
    operand = first.inputs[0]
    zeros = int((operand[wrong] == 0).sum()) if operand.shape == wrong.shape else 0
    count = f"{int(wrong.sum())} of {wrong.numel()} elements"
    reason = "its operand is exactly 0" if zeros == int(wrong.sum()) else f"its operand reaches {operand.abs().max():g}"
    sentence = f"Step {watch.step}, forward: `{short}` at {where} gives {kind_of(first.outputs)[1]} in {count}, because {reason} there."
    anomalies = [anomaly(watch, first, "first", sentence)]
    nan = next((record for record in bad if kind_of(record.outputs)[1] == "nan"), None)
    if nan is not None and nan is not first:
        name = nan.name.removeprefix("aten::")
        anomalies.append(anomaly(watch, nan, "consequence", f"`{name}` makes the first NaN of it."))
    anomalies.append(
        {
            "kind": "loss-nan" if torch.isnan(watch.loss).item() else "loss-inf",
            "value": "nan" if torch.isnan(watch.loss).item() else "inf",
            "role": "consequence",
            "metric": "loss",
            "step": watch.step,
            "message": f"The loss is {watch.loss.item()}.",
        }
    )
    if short in ("log", "log2", "log10", "log1p") and zeros:
        anomalies[0]["rules"] = ["NAN101"]
    rows = sorted(set(wrong.nonzero()[:, 0].tolist())) if wrong.dim() > 1 else []
    return {
        "nandump": 1,
        "run": {
            "startedAt": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "script": script,
            "python": platform.python_version(),
            "frameworkVersion": torch.__version__,
            "device": "cpu",
            "worldSize": 1,
        },
        "verdict": {"sentence": sentence, "confidence": "certain"},
        "anomalies": anomalies,
        "operations": [record.as_operation() for record in watch.records],
        "operationCount": len(watch.records),
        "history": [
            {"name": name, "steps": [step for step, _ in points], "values": [number(value) for _, value in points]}
            for name, points in watch.history.items()
        ],
        "batch": {"badRows": rows, "tensors": watch.batch},
        "fidelity": None,
        "tensorsFile": None,
    }


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    name = sys.argv[1]
    started = datetime.datetime.now(datetime.timezone.utc)
    watch = Watch()
    register_optimizer_step_pre_hook(watch.before_step)
    register_optimizer_step_post_hook(watch.after_step)
    torch.nn.modules.module.register_module_forward_pre_hook(watch.enter)
    torch.nn.modules.module.register_module_forward_hook(watch.leave, always_call=True)
    backward = torch.Tensor.backward

    def watched_backward(loss: torch.Tensor, *arguments: object, **keywords: object) -> None:
        # Outside the mode, for the operations of the backward pass are not the script's own calls.
        with torch.utils._python_dispatch._disable_current_modes():
            watch.look_at(loss)
            backward(loss, *arguments, **keywords)

    torch.Tensor.backward = watched_backward
    os.chdir(EXAMPLES)
    sys.argv = [f"{name}.py"]
    try:
        with watch:
            runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    except NonFiniteLoss:
        pass
    else:
        raise SystemExit(f"{name} ended well")
    target = RUNS / f"{name}.step-{watch.step}.rank-0.nandump.json"
    target.write_text(json.dumps(dump_of(watch, f"{name}.py", started), indent=1, allow_nan=False) + "\n")
    print(f"wrote {target.name}")


if __name__ == "__main__":
    main()
