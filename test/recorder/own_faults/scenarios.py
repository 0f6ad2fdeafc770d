"""The recorder in trouble of its own: each scenario must end as a run without it would.

    python scenarios.py SCENARIO OUT

Prints one JSON object: what was seen.
"""

import json
import math
import os
import resource
import signal
import sys

import torch
from torch import nn

import nanlens

name, out = sys.argv[1:3]
torch.manual_seed(0)
torch.set_num_threads(1)


def network():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))


def train(model, steps, bad=None, rec=None, optimizer=None):
    optimizer = optimizer or torch.optim.SGD(model.parameters(), 1e-3)
    rec = rec or nanlens.Recorder(model, optimizer, out)
    for number, batch in rec.watch(enumerate([torch.randn(4, 4) for _ in range(steps)])):
        output = model(batch)
        loss = (output * (0.0 if number == bad else 1.0) / (0.0 if number == bad else 1.0)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return number


def caught(function):
    try:
        function()
    except nanlens.NonFinite as error:
        return {"raised": str(error), "dump": error.dump}
    return {"raised": None}


def killed():
    """Writes dumps for ever; somebody will kill it."""
    print("ready", flush=True)
    while True:
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), 1e-3)
        rec = nanlens.Recorder(model, optimizer, out, on_anomaly="warn")
        train(model, 4, bad=2, rec=rec, optimizer=optimizer)
        rec.close()


def killed_at():
    """Writes dumps of some size, and kills itself at one of the lines that write files: the NANLENS_KILL_AT-th that runs."""
    lines_left = int(os.environ["NANLENS_KILL_AT"])
    writers = {function.__code__ for function in (nanlens._save, nanlens._write_whole, nanlens._safetensors)}

    def count(frame, event, _):
        nonlocal lines_left
        lines_left -= event == "line"
        if lines_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return count

    sys.settrace(lambda frame, event, _: count if frame.f_code in writers else None)
    wide = nn.Linear(4, 300_000)
    optimizer = torch.optim.SGD(wide.parameters(), 1e-3)
    rec = nanlens.Recorder(wide, optimizer, out, on_anomaly="warn")
    train(wide, 8, bad=2, rec=rec, optimizer=optimizer)
    return {"lines_left": lines_left}


def disk_full():
    """No file may grow beyond four kilobytes, as on a disk with no more room."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    seen = caught(lambda: train(network(), 300, bad=280))
    return seen | {"files": sorted(file for _, _, files in os.walk(out) for file in files)}


def unwritable():
    """The folder's place is taken by a file."""
    with open(out, "w") as file:
        file.write("mine")
    return caught(lambda: train(network(), 8, bad=5)) | {"untouched": open(out).read() == "mine"}


def raising_hook():
    """A hook of the user's that allows each batch once only."""
    model = network()
    seen = set()

    def once(module, inputs):
        key = float(inputs[0].sum())
        if key in seen:
            raise RuntimeError("seen before")
        seen.add(key)

    model.register_forward_pre_hook(once)
    return caught(lambda: train(model, 8, bad=5))


def broken_recorder():
    """An error inside of the recorder: the training must not notice."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    rec = nanlens.Recorder(model, optimizer, out)
    del rec._run.history
    return {"last": train(model, 8, rec=rec, optimizer=optimizer)}


def meta():
    """A model without data."""
    with torch.device("meta"):
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), 1e-3)
        rec = nanlens.Recorder(model, optimizer, out)
        steps = 0
        for _ in rec.watch(range(5)):
            loss = model(torch.randn(4, 4)).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            steps += 1
    return {"steps": steps, "off": rec._is_off}


class Many(nn.Module):
    """Ten thousand parameters, each a tensor of its own."""

    def __init__(self):
        super().__init__()
        self.scales = nn.ParameterList(nn.Parameter(torch.ones(2)) for _ in range(10_000))

    def forward(self, x):
        return (torch.stack(list(self.scales)) * x).mean()


def many_parameters():
    model = Many()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3, foreach=True)
    rec = nanlens.Recorder(model, optimizer, out)

    def run():
        for number, x in rec.watch(enumerate([torch.ones(2)] * 4)):
            loss = model(x) if number < 3 else (model(x) - model(x)).sqrt()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return caught(run)


def long_run():
    """Memory and files after many steps against those after few."""
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), 1e-6)
    rec = nanlens.Recorder(model, optimizer, out)
    steps = int(os.environ.get("NANLENS_STEPS", "20000"))
    batch = torch.randn(2, 2)
    sizes = []
    for number in rec.watch(range(steps)):
        loss = model(batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if number in (steps // 4, steps - 1):
            with open("/proc/self/statm") as file:
                sizes.append(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    return {"growth": sizes[1] - sizes[0], "ring": len(rec._run.history.ring)}


def no_grad_only():
    """A loop that never trains keeps none of its batches."""
    model = network()
    rec = nanlens.Recorder(model, None, out)
    with torch.no_grad():
        for batch in rec.watch([torch.randn(4, 4) for _ in range(50)]):
            model(batch)
            kept = len(rec._window.micro) if rec._window else 0
    return {"kept": kept}


def forgotten_recorder():
    """The recorder is dropped in the middle of the run."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    rec = nanlens.Recorder(model, optimizer, out)
    train(model, 3, rec=rec, optimizer=optimizer)
    del rec
    loss = model(torch.randn(4, 4)).mean() * math.nan
    loss.backward()
    optimizer.step()
    return {"went_on": True, "patched": bool(nanlens._patches.live())}


result = globals()[name]()
print(json.dumps(result))
