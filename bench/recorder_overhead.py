"""What the recorder costs a training step: ratios to the plain loop, interleaved in one process.

    python bench/recorder_overhead.py [--rounds N] [--device cpu|cuda] [--models gpt,cnn,mlp,gpt2-124m]

Each round runs the same few steps under every tool, one tool after the other in a shuffled order, and takes the ratio
of its time to the plain loop's of that round; the table shows the median of the ratios and their quartiles. On a GPU it
also counts the synchronisations that a step makes (`torch.cuda.set_sync_debug_mode`).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "media" / "recorder"))
import nanlens  # noqa: E402


class Gpt(nn.Module):
    """A decoder-only transformer."""

    def __init__(self, vocabulary: int, width: int, depth: int, heads: int, context: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        length = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=ids.device)
        hidden = self.tokens(ids) + self.positions(torch.arange(length, device=ids.device))
        return self.head(self.blocks(hidden, mask=mask, is_causal=True))


def gpt(vocabulary: int, width: int, depth: int, heads: int, context: int, batch: int, device: str) -> Step:
    model = Gpt(vocabulary, width, depth, heads, context).to(device)

    def make() -> tuple[torch.Tensor, ...]:
        ids = torch.randint(vocabulary, (batch, context + 1), device=device)
        return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

    def loss(ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            return F.cross_entropy(model(ids).flatten(0, 1), targets.flatten())

    return model, make, loss


def cnn(device: str) -> Step:
    def block(channels: int, out: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU())

    layers = [block(3, 32), block(32, 32), nn.MaxPool2d(2), block(32, 64), block(64, 64), nn.MaxPool2d(2), block(64, 128)]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10)).to(device)

    def make() -> tuple[torch.Tensor, ...]:
        return torch.randn(32, 3, 48, 48, device=device), torch.randint(10, (32,), device=device)

    return model, make, lambda images, labels: F.cross_entropy(model(images), labels)


def mlp(device: str) -> Step:
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)).to(device)

    def make() -> tuple[torch.Tensor, ...]:
        return torch.randn(64, 64, device=device), torch.randint(10, (64,), device=device)

    return model, make, lambda rows, labels: F.cross_entropy(model(rows), labels)


Step = tuple[nn.Module, Callable[[], tuple[torch.Tensor, ...]], Callable[..., torch.Tensor]]
MODELS: dict[str, tuple[Callable[[str], Step], int]] = {
    # The number of steps that a tool runs in a round.
    "gpt": (lambda device: gpt(1024, 192, 6, 6, 128, 8, device), 2),
    "cnn": (cnn, 2),
    "mlp": (mlp, 60),
    "gpt2-124m": (lambda device: gpt(50257, 768, 12, 12, 1024, 8, device), 3),
}


@contextlib.contextmanager
def hooks_of_hugging_face(model: nn.Module) -> Iterator[None]:
    """DebugUnderflowOverflow, and its hooks taken away again."""
    try:
        from transformers.debug_utils import DebugUnderflowOverflow
    except ImportError:
        raise SystemExit("transformers is needed for its DebugUnderflowOverflow, or leave out --tools hf") from None
    before = {module: set(module._forward_hooks) for module in model.modules()}
    with contextlib.redirect_stdout(io.StringIO()):
        DebugUnderflowOverflow(model)
    try:
        yield
    finally:
        for module, kept in before.items():
            for key in set(module._forward_hooks) - kept:
                del module._forward_hooks[key]


def run(model: nn.Module, optimizer: torch.optim.Optimizer, loss_of: Callable[..., torch.Tensor], batches: object) -> None:
    for batch in batches:  # type: ignore[attr-defined]
        loss = loss_of(*batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def now(device: str) -> float:
    """Seconds: of this process' own on a CPU, where other programs would disturb a clock on the wall."""
    return time.perf_counter() if device == "cuda" else time.process_time()


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def timed(tool: str, name: str, device: str, out: str, step: Step, optimizer: torch.optim.Optimizer, count: int) -> float:
    """Seconds for `count` steps under the tool. Setting it up is not counted, for a run does so once."""
    model, make, loss_of = step
    batches = [make() for _ in range(count)]
    with contextlib.ExitStack() as exits:
        watched: object = batches
        if tool in ("sync", "freeze"):
            recorder = exits.enter_context(nanlens.Recorder(model, optimizer, out, mode=tool))
            watched = recorder.watch(batches)
            run(model, optimizer, loss_of, recorder.watch(batches[:1]))
            if tool == "freeze":
                exits.callback(lambda: vars(optimizer).pop("found_inf", None))
        else:
            if tool == "detect_anomaly":
                exits.enter_context(torch.autograd.set_detect_anomaly(True))
            elif tool == "hf":
                exits.enter_context(hooks_of_hugging_face(model))
            run(model, optimizer, loss_of, batches[:1])
        wait(device)
        start = now(device)
        with contextlib.redirect_stdout(io.StringIO()):
            run(model, optimizer, loss_of, watched)
        wait(device)
        return now(device) - start


@contextlib.contextmanager
def own_calls(device: str, seconds: list[float]) -> Iterator[None]:
    """Adds up the time inside the recorder's own calls: between batches, at the backward pass, before the update."""
    places = [(nanlens._Iterator, "__next__"), (nanlens.Recorder, "_on_backward"), (nanlens.Recorder, "_before_step")]
    originals = [getattr(owner, name) for owner, name in places]

    def timing(original: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **keywords: object) -> object:
            wait(device)
            start = now(device)
            try:
                return original(*args, **keywords)
            finally:
                wait(device)
                seconds[-1] += now(device) - start

        return call

    for (owner, name), original in zip(places, originals):
        setattr(owner, name, timing(original))
    try:
        yield
    finally:
        for (owner, name), original in zip(places, originals):
            setattr(owner, name, original)


def own_share(tool: str, name: str, device: str, out: str, step: Step, optimizer: torch.optim.Optimizer) -> str:
    """Milliseconds a step inside the recorder's own calls, and their share: free of the noise between two runs."""
    model, make, loss_of = step
    shares: list[float] = []
    own: list[float] = []
    count = 400 if name == "mlp" else 6
    with nanlens.Recorder(model, optimizer, out, mode=tool) as recorder:  # type: ignore[arg-type]
        run(model, optimizer, loss_of, recorder.watch([make() for _ in range(2)]))
        for _ in range(5):
            batches = [make() for _ in range(count)]
            with own_calls(device, own):
                own.append(0.0)
                start = now(device)
                run(model, optimizer, loss_of, recorder.watch(batches))
                wait(device)
                took = now(device) - start
            shares.append(own[-1] / (took - own[-1]))
    vars(optimizer).pop("found_inf", None)
    return f"{statistics.median(own) / count * 1e3:.2f} ms = {100 * statistics.median(shares):.2f} %"


def synchronisations(tool: str, device: str, out: str, step: Step, optimizer: torch.optim.Optimizer) -> int:
    """Warnings of PyTorch about synchronisations in four steps."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            timed(tool, "", device, out, step, optimizer, 4)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchron" in str(warning.message) for warning in caught)


def measure(name: str, device: str, rounds: int, tools: list[str], out: str) -> None:
    make_step, count = MODELS[name]
    torch.manual_seed(0)
    step = make_step(device)
    model = step[0]
    fused = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
    seconds: dict[str, list[float]] = {tool: [] for tool in tools}
    for number in range(rounds + 1):
        order = list(tools)
        random.shuffle(order)
        took = {tool: timed(tool, name, device, out, step, fused, count) for tool in order}
        if number:  # the first warms up
            for tool in tools:
                seconds[tool].append(took[tool])
    parameters = sum(parameter.numel() for parameter in model.parameters())
    plain = statistics.median(seconds["plain"]) / count * 1e3
    for tool in tools[1:]:
        ratios = sorted(one / base for one, base in zip(seconds[tool], seconds["plain"]))
        quartiles = statistics.quantiles(ratios, n=4)
        extra = statistics.median(one - base for one, base in zip(seconds[tool], seconds["plain"])) / count * 1e3
        share = own_share(tool, name, device, out, step, fused) if tool in ("sync", "freeze") else "–"
        syncs = f"{synchronisations(tool, device, out, step, fused)}" if device == "cuda" else "–"
        print(
            f"| {name} ({parameters / 1e6:.1f} M, {plain:.1f} ms) | {tool} | {statistics.median(ratios):.3f} "
            f"| {quartiles[0]:.3f} – {quartiles[2]:.3f} | {extra:+.2f} ms | {share} | {syncs} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--models", default="gpt,cnn,mlp")
    parser.add_argument("--tools", default="sync,freeze,detect_anomaly,hf")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    random.seed(0)
    where = torch.cuda.get_device_name() if options.device == "cuda" else platform.processor() or platform.machine()
    print(f"torch {torch.__version__}, Python {platform.python_version()}, {where}, {options.threads} thread(s), ")
    print(f"{options.rounds} rounds, fused AdamW, history written to disk.\n")
    print("| step | tool | ratio (median) | quartiles | a step | in its own calls | synchronisations in 4 steps |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as out:
        for name in options.models.split(","):
            measure(name, options.device, options.rounds, ["plain", *options.tools.split(",")], out)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
