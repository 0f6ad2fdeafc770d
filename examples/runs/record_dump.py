"""Makes the recorder's dumps in this folder by running the examples with the recorder in them.

    python examples/runs/record_dump.py                      all of them
    python examples/runs/record_dump.py bernoulli_vae        one of them

Needs the built command line (`npm run build`), which adds the recorder to a copy of the script. The copy keeps the line
numbers of the example, so that the dump names the lines that a reader finds there.
"""

from __future__ import annotations

import ast
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

RUNS = pathlib.Path(__file__).resolve().parent
EXAMPLES = RUNS.parent
ROOT = EXAMPLES.parent
NAMES = (
    "bernoulli_vae",
    "causal_transformer",
    "char_rnn",
    "ddp_keyword_spotting",
    "fine_tuned_classifier",
    "focal_loss",
    "metric_learning",
    "transfer_learning",
    "usual_culprits",
)
"""Those whose training ends in NaN in PyTorch; the others raise an error, learn nothing, or use another framework."""


def with_recorder(name: str, folder: pathlib.Path) -> ast.Module:
    """The example with the recorder in it, its statements where they stand in the example."""
    original = (folder / f"{name}.py").read_text()
    changed = (folder / "with_recorder.py").read_text()
    lines: dict[int, int] = {}
    matcher = difflib.SequenceMatcher(None, original.splitlines(), changed.splitlines(), autojunk=False)
    for _, first, last, new_first, new_last in matcher.get_opcodes():
        for number in range(new_first, new_last):
            # Of several lines for one, the last is the one that was changed; those before it were put in.
            lines[number + 1] = max(first, last - (new_last - number)) + 1
    tree = ast.parse(changed)
    for node in ast.walk(tree):
        for field in ("lineno", "end_lineno"):
            if hasattr(node, field):
                setattr(node, field, lines[getattr(node, field)])
    return tree


def run_here(name: str, folder: pathlib.Path) -> None:
    """Runs the instrumented example in this process, as the main program of its name."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.argv = [f"{name}.py"]
    path = str(folder / f"{name}.py")
    code = compile(with_recorder(name, folder), path, "exec")
    main = sys.modules["__main__"]
    main.__file__ = path
    # In a thread, whose calls begin with the example's own.
    thread = threading.Thread(target=exec, args=(code, vars(main)))
    thread.start()
    thread.join()


def record(name: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        shutil.copy(EXAMPLES / f"{name}.py", folder)
        shutil.copy(EXAMPLES / f"{name}.py", folder / "with_recorder.py")
        insert = ["node", str(ROOT / "dist/cli.js"), "recorder", "--insert", "with_recorder.py"]
        subprocess.run(insert, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        command = [sys.executable]
        if name.startswith("ddp_"):
            command += ["-m", "torch.distributed.run", "--nproc-per-node", "2"]
        command += [str(RUNS / "record_dump.py"), "--here", name, str(folder)]
        settings = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=300, check=False)
        dumps = sorted(folder.glob("nanlens-dumps/*/*.nandump.json"))
        if not dumps:
            raise SystemExit(f"{name} left no dump:\n{done.stderr[-2000:]}")
        for old in RUNS.glob(f"{name}.*.nandump.json"):
            old.unlink()
        for dump in dumps:
            # The tensors beside it stay out of the repository.
            shutil.copy(dump, RUNS / f"{name}.{dump.name}")
            print(f"wrote {name}.{dump.name}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        run_here(sys.argv[2], pathlib.Path(sys.argv[3]))
    else:
        for wanted in sys.argv[1:] or NAMES:
            record(wanted)
