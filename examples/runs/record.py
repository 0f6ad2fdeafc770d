"""Makes the logs in this folder by running the examples until they die.

    python examples/runs/record.py                   all of them
    python examples/runs/record.py char_rnn          one of them

Needs the packages of test/proofs/requirements.txt, and nbclient with ipykernel for the notebook. What a run prints is
kept byte for byte, but for the paths of the machine that it ran on: they become those of a project of ada's.
"""

from __future__ import annotations

import datetime
import os
import pathlib
import re
import subprocess
import sys
import sysconfig

RUNS = pathlib.Path(__file__).resolve().parent
EXAMPLES = RUNS.parent
PROJECT = "/home/ada/project"

# runpy, because the script has no switch of its own: a debugging run that leaves the file as it is.
WITH_ANOMALY_DETECTION = (
    "import runpy, sys, torch; torch.autograd.set_detect_anomaly(True); runpy.run_path(sys.argv[1], run_name='__main__')"
)


def anonymise(text: str) -> str:
    """Replaces this machine's folders by those of an invented project, longest first."""
    folders = {
        str(EXAMPLES.parent): PROJECT,
        sys.prefix: f"{PROJECT}/.venv",
        os.path.realpath(sys.prefix): f"{PROJECT}/.venv",
        sysconfig.get_path("stdlib"): "/usr/lib/python3.11",
        os.path.realpath(sysconfig.get_path("stdlib")): "/usr/lib/python3.11",
        str(pathlib.Path.home()): "/home/ada",
    }
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(folder.rstrip("/") + "/", folders[folder] + "/")
    return re.sub(r"(?m)^(\s+host\s+: ).*$", r"\1localhost", text)


def run(command: list[str], **environment: str) -> str:
    """Standard output and standard error of a run of one of the examples, in the order in which a terminal shows them."""
    settings = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"} | environment
    done = subprocess.run(
        command, cwd=EXAMPLES, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False
    )
    if done.returncode == 0:
        raise SystemExit(f"{command} was expected to die, and ended well")
    return done.stdout.decode()


def with_timestamps(command: list[str]) -> str:
    """The same, each line stamped with the time of its arrival as a cluster's log collector does."""
    settings = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=EXAMPLES, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        now = datetime.datetime.now(datetime.timezone.utc)
        lines.append(f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z {line}")
    if process.wait() == 0:
        raise SystemExit(f"{command} was expected to die, and ended well")
    return "".join(lines)


def script(name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments]


def notebook(name: str) -> str:
    """Runs a notebook, keeps its outputs in it, and returns what stands under its cells."""
    import nbclient
    import nbformat

    path = EXAMPLES / f"{name}.ipynb"
    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        cell.pop("outputs", None)
    nbclient.NotebookClient(book, timeout=300, allow_errors=True, record_timing=False).execute(cwd=str(EXAMPLES))
    shown = []
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = anonymise(output.text)
                shown.append(output.text)
            elif output.output_type == "error":
                output.traceback = [anonymise(line) for line in output.traceback]
                shown.append("\n".join(output.traceback) + "\n")
    book.metadata["language_info"] = {"name": "python"}
    nbformat.write(book, path)
    return "".join(shown)


RECORDINGS = {
    "transfer_learning": lambda: run(script("transfer_learning", "--detect-anomaly")),
    "char_rnn": lambda: run(script("char_rnn", "--detect-anomaly")),
    "focal_loss": lambda: run(script("focal_loss"), DETECT_ANOMALY="1"),
    "bernoulli_vae.timestamps": lambda: with_timestamps(script("bernoulli_vae", "--detect-anomaly")),
    "causal_transformer": lambda: run(script("causal_transformer", "--detect-anomaly")),
    "metric_learning": lambda: run([sys.executable, "-c", WITH_ANOMALY_DETECTION, "metric_learning.py"]),
    "ddp_keyword_spotting.torchrun": lambda: run(
        [os.path.join(sys.prefix, "bin", "torchrun"), "--nproc-per-node", "2", "ddp_keyword_spotting.py", "--detect-anomaly"]
    ),
    "mixture_density.notebook": lambda: notebook("mixture_density"),
}


def main() -> None:
    wanted = sys.argv[1:] or list(RECORDINGS)
    for name in wanted:
        if name not in RECORDINGS:
            raise SystemExit(f"No recording {name}: choose from {', '.join(RECORDINGS)}")
        (RUNS / f"{name}.log").write_text(anonymise(RECORDINGS[name]()), encoding="utf-8")
        print(f"recorded {name}.log")


if __name__ == "__main__":
    main()
