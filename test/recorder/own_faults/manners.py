"""What the recorder leaves alone: each scenario shows that a run is no other for being watched.

    python manners.py SCENARIO OUT

Prints one JSON object last: what was seen.
"""

import copy
import hashlib
import json
import multiprocessing
import os
import signal
import sys

import torch
from torch import nn

import nanlens

name, out = sys.argv[1:3]
torch.manual_seed(0)
torch.set_num_threads(1)


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))


def batches(count, bad=()):
    """Pairs of inputs and widths; a bad one has a width of 0."""
    generator = torch.Generator().manual_seed(2)
    for number in range(count):
        yield torch.randn(8, 4, generator=generator), torch.tensor(0.0 if number in bad else 1.0)


def update(model, optimizer, batch):
    inputs, width = batch
    loss = (model(inputs) / width).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def state_of(model, optimizer):
    """A hash of the parameters and of the optimizer's state, to the last bit."""
    digest = hashlib.sha256()
    tensors = list(model.state_dict().items())
    tensors += [(f"{i}.{key}", value) for i, state in optimizer.state_dict()["state"].items() for key, value in state.items()]
    for key, value in tensors:
        digest.update(key.encode())
        digest.update(torch.as_tensor(value).contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def adamw(model, **options):
    return torch.optim.AdamW(model.parameters(), 1e-2, **options)


def many_anomalies():
    """Five bad steps, each told of or not."""
    model = network()
    optimizer = adamw(model)
    rec = nanlens.Recorder(model, optimizer, out, on_anomaly="warn")
    bad = (2, 4, 6, 8, 10)
    steps = 0
    for number, batch in rec.watch(enumerate(batches(14, bad))):
        loss = update(model, optimizer, batch)
        steps += bool(loss.isfinite())
    model_of_good, optimizer_of_good = network(), None
    optimizer_of_good = adamw(model_of_good)
    rec.close()
    for number, batch in enumerate(batches(14)):
        if number not in bad:
            update(model_of_good, optimizer_of_good, batch)
    same = state_of(model, optimizer) == state_of(model_of_good, optimizer_of_good)
    return {"told": len(rec.dumps), "good_steps": steps, "same": same}


def unseen():
    """A bad batch leaves no trace, in any mode and any way an optimizer updates: as if it had never been there."""
    result = {}
    for label, mode, options in (
        ("sync, fused", "sync", {"fused": True}),
        ("sync, foreach", "sync", {"foreach": True}),
        ("sync, one by one", "sync", {"foreach": False}),
        ("freeze, fused", "freeze", {"fused": True}),
    ):
        ends = []
        for is_watched in (True, False):
            model = network()
            optimizer = adamw(model, **options)
            given = [batch for number, batch in enumerate(batches(12, {5})) if is_watched or number != 5]
            if is_watched:
                rec = nanlens.Recorder(model, optimizer, os.path.join(out, label), "warn", mode=mode)
                for batch in rec.watch(given):
                    update(model, optimizer, batch)
                rec.close()
            else:
                for batch in given:
                    update(model, optimizer, batch)
            ends.append(state_of(model, optimizer))
        result[label] = {"same": ends[0] == ends[1], "dumps": len(rec.dumps), "found_inf": hasattr(optimizer, "found_inf")}
    return result


class Counted(nn.Module):
    """Says each time that it runs, past what a replay may do to sys.stdout, so that a replay shows."""

    def __init__(self):
        super().__init__()
        self.inner = network()

    def forward(self, x):
        os.write(1, b"forward\n")
        return self.inner(x)


def told_in_every_way():
    """A bad step is told of in each mode, however the recorder gets to know of the steps; and the training goes on."""
    result = {}
    for mode in ("sync", "freeze"):
        for way in ("watch", "step", "nothing"):
            model = network()
            optimizer = adamw(model, fused=True)
            rec = nanlens.Recorder(model, optimizer, os.path.join(out, f"{mode}-{way}"), "warn", mode=mode)
            step = rec.step(update) if way == "step" else update
            given = list(batches(12, {5, 8}))
            before = None
            for number, batch in enumerate(rec.watch(given) if way == "watch" else given):
                before = state_of(model, optimizer)
                step(model, optimizer, batch)
            result[f"{mode} {way}"] = {
                "dumps": [os.path.basename(dump) for dump in rec.dumps],
                "learns": state_of(model, optimizer) != before,
                "steps": len(rec._run.history.ring),
            }
            rec.close()
    return result


class LateEvent:
    """Of a device that is so busy that its numbers come when they are waited for."""

    is_there = False

    def query(self):
        return self.is_there

    def synchronize(self):
        self.is_there = True


def late_device():
    """Freeze mode on a device that lags behind: the bad step may be the last of its loop."""
    result = {}
    check = nanlens._Freeze.check

    def late(self, window, optimizer):
        check(self, window, optimizer)
        window.event = LateEvent()

    nanlens._Freeze.check = late
    for bad in (3, 10, 11):
        model = network()
        optimizer = adamw(model, fused=True)
        rec = nanlens.Recorder(model, optimizer, os.path.join(out, str(bad)), mode="freeze")
        try:
            for batch in rec.watch(batches(12, {bad})):
                update(model, optimizer, batch)
        except nanlens.NonFinite as error:
            result[str(bad)] = error.verdict
        rec.close()
    return result


def interrupt_at(last, is_bad):
    """Sends itself the signal of Ctrl+C in the given step, whenever that runs."""
    model = Counted()
    optimizer = adamw(model)
    rec = nanlens.Recorder(model, optimizer, out)
    for number, (inputs, width) in rec.watch(enumerate(batches(6, {last} if is_bad else ()))):
        squares = (model(inputs) / width).pow(2).mean()
        loss = squares - squares.detach()
        if number == last:
            os.kill(os.getpid(), signal.SIGINT)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def interrupted():
    """Somebody presses Ctrl+C while the loss is NaN."""
    interrupt_at(3, is_bad=True)


def interrupted_early():
    """Somebody presses Ctrl+C while all is well."""
    interrupt_at(2, is_bad=False)


def key_error():
    """A mistake that has nothing to do with numbers."""
    model = Counted()
    optimizer = adamw(model)
    rec = nanlens.Recorder(model, optimizer, out)
    for number, (inputs, width) in rec.watch(enumerate(batches(6))):
        loss = (model(inputs) / width).pow(2).mean()
        if number == 3:
            print({"loss": loss}["los"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def key_error_caught():
    """The script lives on with its mistake, and trains on."""
    try:
        key_error()
    except KeyError:
        print("caught", flush=True)
    model = network()
    optimizer = adamw(model)
    for batch in batches(3):
        update(model, optimizer, batch)
    return {"trained_on": True}


def two_recorders():
    """Two models, each with a recorder of its own, one loop after the other."""
    one, two = network(), network()
    optimizers = adamw(one), adamw(two)
    first = nanlens.Recorder(one, optimizers[0], os.path.join(out, "one"), on_anomaly="warn")
    second = nanlens.Recorder(two, optimizers[1], os.path.join(out, "two"), on_anomaly="warn")
    for _ in range(2):
        for batch in first.watch(batches(4)):
            update(one, optimizers[0], batch)
        for batch in second.watch(batches(4, {2})):
            update(two, optimizers[1], batch)
    return {"one": len(first.dumps), "two": len(second.dumps)}


def two_recorders_in_one_loop():
    """Two models that one loop trains, each with a recorder, one of which does not hand out the batches. Then the
    other way round: while one recorder runs a step again, the model of the other is not trained a second time."""
    one, two = network(), network()
    optimizers = adamw(one), adamw(two)
    first = nanlens.Recorder(one, optimizers[0], os.path.join(out, "one"), on_anomaly="warn")
    second = nanlens.Recorder(two, optimizers[1], os.path.join(out, "two"), on_anomaly="warn")
    for good, bad in first.watch(zip(list(batches(6)), list(batches(6, {3})))):
        update(two, optimizers[1], bad)
        update(one, optimizers[0], good)
    finite = all(bool(p.isfinite().all()) for p in [*one.parameters(), *two.parameters()])
    result = {"one": len(first.dumps), "two": len(second.dumps), "finite": finite}
    before = len(second.dumps)
    alone = network()
    alone.load_state_dict(two.state_dict())
    alone_optimizer = adamw(alone)
    alone_optimizer.load_state_dict(copy.deepcopy(optimizers[1].state_dict()))
    for bad, good in first.watch(zip(list(batches(6, {3})), list(batches(6)))):
        update(two, optimizers[1], good)
        update(one, optimizers[0], bad)
    for batch in batches(6):
        update(alone, alone_optimizer, batch)
    changed = state_of(two, optimizers[1]) != state_of(alone, alone_optimizer)
    return result | {"twice": int(changed) + len(second.dumps) - before + (len(first.dumps) != 1)}


def closed():
    """Everything of PyTorch and Python that was wrapped, before, while and after a recorder lives."""
    from torch.nn.utils import clip_grad
    from torch.utils.data import dataloader

    places = [
        (torch.autograd, "backward"),
        *((torch.amp.GradScaler, method) for method in ("scale", "step", "unscale_", "update")),
        (clip_grad, "_get_total_norm"),
        (dataloader._BaseDataLoaderIter, "__next__"),
        (dataloader._BaseDataLoaderIter, "_next_index"),
        (sys, "excepthook"),
        (sys, "exit"),
    ]
    from torch.optim import optimizer as of_optimizers

    def seen():
        return [getattr(owner, attribute) for owner, attribute in places] + [len(of_optimizers._global_optimizer_pre_hooks)]

    before = seen()
    models = network(), network()
    optimizers = [adamw(model, fused=True) for model in models]
    modes = ("sync", "freeze")
    recorders = [nanlens.Recorder(*trained, out, mode=mode) for *trained, mode in zip(models, optimizers, modes)]
    during = seen()
    for model, optimizer, rec in zip(models, optimizers, recorders):
        for batch in rec.watch(batches(3)):
            update(model, optimizer, batch)
    recorders[0].close()
    with_one = seen()
    recorders[1].close()
    after = seen()
    labels = [f"{owner.__name__}.{attribute}" for owner, attribute in places] + ["optimizer hooks"]
    return {
        "untouched": [label for label, one, two in zip(labels, before, during) if one == two],
        "too_early": [label for label, one, two in zip(labels, during, with_one) if one != two],
        "left": [label for label, one, two in zip(labels, before, after) if one != two],
        "found_inf": [hasattr(optimizer, "found_inf") for optimizer in optimizers],
        "hooks": sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for one in models for part in one.modules()),
    }


def fail_in_worker(folder):
    model = network()
    optimizer = adamw(model)
    rec = nanlens.Recorder(model, optimizer, folder)
    for batch in rec.watch(batches(4, {2})):
        update(model, optimizer, batch)


def pickled():
    """The exception of a worker process, as its parent gets it."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        try:
            pool.apply(fail_in_worker, (out,))
        except nanlens.NonFinite as error:
            return {"text": str(error), "verdict": error.verdict, "exists": os.path.exists(error.dump)}


print(json.dumps(globals()[name]()))
