"""Lets one training script run under different tools for finding NaN: WATCHING names the tool.

    nanlens         this project's recorder, exactly its own API; its dumps go to the folder WATCHING_OUT
    detect_anomaly  torch.autograd.set_detect_anomaly(True)
    hf              transformers.debug_utils.DebugUnderflowOverflow on every model
    witness         notes in WATCHING_OUT/witness.json at which batch the loss or a gradient first was not finite
    none            nothing at all; the default

A script imports `watching` where a user would import `nanlens`, and is otherwise what a user would write.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import inspect
import json
import os
import pathlib
import sys

TOOL = os.environ.get("WATCHING", "none")
RECORDER = pathlib.Path(__file__).resolve().parents[2] / "media" / "recorder"


def out() -> pathlib.Path:
    """The folder that takes what the tool writes."""
    return pathlib.Path(os.environ["WATCHING_OUT"])


class Bystander:
    """The recorder's API without a recorder: everything is passed through as it is."""

    def __init__(self, model, optimizer, **_):
        self.models = list(model) if isinstance(model, (list, tuple)) else [model]

    def watch(self, loader):
        return loader

    def step(self, function):
        return function

    def guard(self):
        return contextlib.nullcontext()


class DetectAnomaly(Bystander):
    """PyTorch's own: a backward function that returns NaN raises, and a warning shows the forward call."""

    def __init__(self, model, optimizer, **options):
        import torch

        super().__init__(model, optimizer, **options)
        torch.autograd.set_detect_anomaly(True)


class Hf(Bystander):
    """DebugUnderflowOverflow, which raises in the module that it names; what it named is written to hf.json."""

    def __init__(self, model, optimizer, **options):
        from transformers.debug_utils import DebugUnderflowOverflow

        class Noting(DebugUnderflowOverflow):
            def dump_saved_frames(self):
                note_module(self.model, self.frames[-1])
                super().dump_saved_frames()

        super().__init__(model, optimizer, **options)
        self.tools = [Noting(each) for each in self.models]


def note_module(model, frame: str) -> None:
    """Writes which module was named, where its forward stands, which user line called it, and which rows were bad."""
    lines = frame.splitlines()
    header = [line for line in lines if line.startswith(" " * 18) and "***" not in line][-1]
    # The root module's qualified name is empty; then only its class is printed.
    words = header.split()
    name = words[0] if len(words) == 2 else ""
    module = dict(model.named_modules())[name]
    source = inspect.getsourcefile(type(module).forward)
    caller = inspect.currentframe()
    while caller is not None and not is_users(caller.f_code.co_filename):
        caller = caller.f_back
    # A row: the least and the greatest absolute value, and whose they are.
    bad = [row.split()[2] for row in lines if len(row.split()) == 3 and {"nan", "inf"} & set(row.split()[:2])]
    noted = {
        "module": name,
        "class": type(module).__name__,
        "forward": source,
        "call": None if caller is None else {"path": caller.f_code.co_filename, "line": caller.f_lineno},
        "bad": bad,
    }
    (out() / "hf.json").write_text(json.dumps(noted))


def is_users(path: str) -> bool:
    return "site-packages" not in path and not path.startswith("<") and pathlib.Path(path) != pathlib.Path(__file__)


def gradients(optimizer):
    return [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]


class Witness(Bystander):
    """Looks at every loss, gradient and guarded output, and notes the batch at which the first was not finite."""

    def __init__(self, model, optimizer, **options):
        import torch
        from torch.optim.optimizer import register_optimizer_step_pre_hook

        super().__init__(model, optimizer, **options)
        self.batch = -1
        self.found = False
        backward = torch.autograd.backward

        def watched(tensors, *arguments, **keywords):
            self.look("loss", [tensors] if isinstance(tensors, torch.Tensor) else tensors)
            return backward(tensors, *arguments, **keywords)

        torch.autograd.backward = watched
        step = torch.amp.GradScaler.step

        def scaled(scaler, optimizer, *arguments, **keywords):
            self.look("gradient", gradients(optimizer))
            return step(scaler, optimizer, *arguments, **keywords)

        torch.amp.GradScaler.step = scaled
        register_optimizer_step_pre_hook(lambda optimizer, *_: self.look("gradient", gradients(optimizer)))

    def look(self, what, tensors):
        if not all(bool(tensor.isfinite().all()) for tensor in tensors):
            self.note(what)

    def note(self, what):
        if not self.found:
            self.found = True
            (out() / "witness.json").write_text(json.dumps({"batch": self.batch, "what": what}))

    def watch(self, loader):
        # What leaves the loop early is an exception, for the scripts of the faults.
        atexit.register(self.note, "exception")
        for batch in loader:
            self.batch += 1
            yield batch
        atexit.unregister(self.note)

    def step(self, function):
        @functools.wraps(function)
        def counted(*arguments, **keywords):
            self.batch += 1
            return function(*arguments, **keywords)

        return counted

    @contextlib.contextmanager
    def guard(self):
        self.batch += 1
        hooks = [model.register_forward_hook(lambda *call: self.look("output", [call[-1]])) for model in self.models]
        yield
        for hook in hooks:
            hook.remove()


def recorder():
    sys.path.insert(0, str(RECORDER))
    import nanlens

    # Bound, not wrapped: no frame of this file stands between the script and the recorder.
    return functools.partial(nanlens.Recorder, out=str(out()))


if TOOL == "nanlens":
    Recorder = recorder()
else:
    Recorder = {"detect_anomaly": DetectAnomaly, "hf": Hf, "witness": Witness, "none": Bystander}[TOOL]
