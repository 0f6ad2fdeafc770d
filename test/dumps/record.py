"""Makes the input.log of each case below this folder, by running its script.py with the real framework.

    python test/dumps/record.py                            all of them
    python test/dumps/record.py torch-anomaly/step-prints  one of them

Needs the packages of test/proofs/requirements.txt, and tqdm, lightning, transformers with accelerate, optuna, torchmetrics,
lovely-tensors, tensorflow-cpu, keras, jax, optax, rich, loguru, pytest, ipython, nbclient, ipykernel, tensorboard and
mindstudio-probe for the cases that show them. A script that takes a folder leaves the artefact there, and that file is
kept as it is.
What a run prints is kept byte for byte, but for the paths of the machine that it ran on: they become those of a project
of ada's. Where rich breaks paths over rows, no path can be replaced: these cases are recorded in a folder of that name.
A case without a script is derived from another's log by the function of its name here, and says from which in
its file `derived-from`.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile

CASES = pathlib.Path(__file__).resolve().parent
PROJECT = "/home/ada/project"
LAUNCHERS = {
    "torch-anomaly/torchrun": ["-m", "torch.distributed.run", "--nproc_per_node", "2"],
    "torch-anomaly/pytest": ["-m", "pytest", "-p", "no:cacheprovider"],
    "numpy/pytest": ["-m", "pytest", "-p", "no:cacheprovider"],
    "jax/ipython": ["-m", "IPython", "--colors=linux"],
}


def anonymise(text: str) -> str:
    """Replaces this machine's folders by those of an invented project, longest first."""
    folders = {str(CASES): PROJECT, str(CASES.parent.parent): PROJECT}
    packages = {pathlib.Path(path) for path in sys.path if path.endswith("site-packages")}
    for path in packages:
        folders[str(path.parents[2])] = f"{PROJECT}/.venv"
    folders |= {sys.prefix: f"{PROJECT}/.venv", os.path.realpath(sys.prefix): f"{PROJECT}/.venv"}
    standard = sysconfig.get_path("stdlib")
    folders |= {standard: "/usr/lib/python3.11", os.path.realpath(standard): "/usr/lib/python3.11"}
    folders |= {str(pathlib.Path.home()): "/home/ada"}
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(folder.rstrip("/") + "/", folders[folder] + "/")
    # TensorFlow shows the last 50 characters of a path.
    text = re.sub(r"\.\.\.\S*?/?(tf-check-numerics/\S+)", lambda m: f"...{f'{PROJECT}/{m[1]}'[-50:]}", text)
    text = re.sub(r"(?m)^(\s+host\s+: ).*$", r"\1localhost", text)
    return re.sub(r"/tmp/ipykernel_\d+/", "/tmp/ipykernel_4242/", text)


def run(case: str) -> bytes:
    """Standard output and standard error in the order in which a terminal shows them."""
    command = [sys.executable, *LAUNCHERS.get(case, []), f"{case}/script.py"]
    settings = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        command, cwd=CASES, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False
    )
    return anonymise(done.stdout.decode()).encode()


def run_for_files(case: str) -> dict[str, bytes]:
    """Of a script that takes a folder to write to: what it leaves there, and how the case names it. One file is
    `input.*`; a folder named `dump` is `input/`."""
    with tempfile.TemporaryDirectory() as folder:
        settings = os.environ | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([sys.executable, f"{case}/script.py", folder], cwd=CASES, env=settings, timeout=300, check=True)
        dump = pathlib.Path(folder, "dump")
        if dump.is_dir():
            files = {f"input/{path.relative_to(dump)}": path for path in sorted(dump.rglob("*")) if path.is_file()}
            if case.startswith("tfdbg2/"):
                return slim_tfdbg2(files)
            named = {re.sub(r"proc\d+", "proc4242", name): path for name, path in files.items()}
            # Event files name no place, and would be broken by another length.
            return {
                name: path.read_bytes() if "tfevents" in name else anonymise(path.read_text()).encode()
                for name, path in named.items()
            }
        (file,) = (path for path in pathlib.Path(folder).iterdir() if path.is_file())
        suffix = ".tfevents" if "tfevents" in file.name else file.suffix
        return {f"input{suffix}": file.read_bytes()}


def slim_tfdbg2(files: dict[str, pathlib.Path]) -> dict[str, bytes]:
    """The same events without the libraries' source text, with short names for stack frames, and with ada's paths."""
    import tensorflow as tf
    from tensorflow.core.protobuf import debug_event_pb2

    short: dict[str, str] = {}
    slim = {}
    for name, path in files.items():
        with tempfile.NamedTemporaryFile() as out:
            with tf.io.TFRecordWriter(out.name) as writer:
                for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                    event = debug_event_pb2.DebugEvent.FromString(record)
                    for part in (event.source_file, event.graph_op_creation.code_location, event.execution.code_location):
                        if part.host_name:
                            part.host_name = "localhost"
                    if event.HasField("source_file"):
                        if not event.source_file.file_path.startswith(str(CASES)):
                            del event.source_file.lines[:]
                        event.source_file.file_path = anonymise(event.source_file.file_path)
                    if event.HasField("stack_frame_with_id"):
                        frame = event.stack_frame_with_id
                        frame.id = short.setdefault(frame.id, f"f{len(short)}")
                    for location in (event.graph_op_creation.code_location, event.execution.code_location):
                        ids = [short.setdefault(one, f"f{len(short)}") for one in location.stack_frame_ids]
                        if ids:
                            location.stack_frame_ids[:] = ids
                    writer.write(event.SerializeToString())
            slim[f"input/tfdbg_events.1795000000.localhost.{name.split('.')[-1]}"] = pathlib.Path(out.name).read_bytes()
    return slim


def takes_folder(case: str) -> bool:
    script = CASES / case / "script.py"
    return script.exists() and "sys.argv[1]" in script.read_text()


def run_notebook():
    """A notebook that dies in its third cell, with what its cells printed."""
    import nbclient
    import nbformat

    cells = [
        "import torch\ntorch.autograd.set_detect_anomaly(True)\nw = torch.tensor([1.0, 0.0], requires_grad=True);",
        "def cross_entropy(p, y):\n    return -(y * torch.log(p)).sum()  # blamed",
        "for step in range(3):\n    loss = cross_entropy(w * 1.0, torch.tensor([1.0, 0.0]))\n    loss.backward()\n    print(step, loss.item())",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, kernel_name="python3", allow_errors=True, timeout=120).execute()
    return book


def notebook() -> bytes:
    """What stands under the cells of a notebook, as a terminal would show it."""
    text = ""
    for cell in run_notebook().cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                text += output.text
            elif output.output_type == "error":
                text += "\n".join(output.traceback) + "\n"
    return anonymise(text).encode()


def notebook_file() -> bytes:
    """The notebook as it is saved."""
    import nbformat

    return anonymise(nbformat.writes(run_notebook()) + "\n").encode()


def base(case: str) -> str:
    return (CASES / case / "input.log").read_text()


def docker_json_lines() -> bytes:
    """As Docker's json-file driver keeps it."""
    lines = base("torch-anomaly/step-prints").splitlines()
    stamp = "2026-11-22T15:36:43.763{:06d}Z"
    return "".join(
        json.dumps({"log": line + "\n", "stream": "stderr", "time": stamp.format(i)}, separators=(",", ":")) + "\n"
        for i, line in enumerate(lines)
    ).encode()


def coloured_ci() -> bytes:
    """As a CI service shows it: a timestamp on each line, colours, CRLF."""
    lines = base("torch-anomaly/step-prints").splitlines()
    return "".join(
        f"2026-11-22T15:36:{i:02d}.1234567Z \x1b[36;1m{line}\x1b[0m\r\n" for i, line in enumerate(lines)
    ).encode()


def labelled_tasks() -> bytes:
    """As `srun --label` writes it: task 1 fails while task 0 goes on."""
    lines = base("torch-anomaly/step-prints").splitlines()
    mixed = []
    for i, line in enumerate(lines):
        mixed.append(f"1: {line}\n")
        if i % 3 == 0:
            mixed.append(f"0: step {i // 3} loss {2.5 - i / 100:.4f}\n")
    return "".join(mixed).encode()


def powershell_utf16() -> bytes:
    """As PowerShell's `>` writes it on Windows: UTF-16 with a byte order mark, CRLF, backslashes, a folder with a blank and an umlaut."""
    text = base("torch-anomaly/context-manager").replace(f"{PROJECT}/.venv/lib/python3.11", r"C:\Users\Käthe Ada\venv\Lib")
    text = re.sub(
        r'(File "|^)(/home/ada/project/|C:\\Users\\[^":\n]*|[\w-]+/[\w/-]+\.py)([^":\n]*)',
        lambda m: m[1] + (m[2] + m[3]).replace(f"{PROJECT}/", "C:\\Users\\Käthe Ada\\nan hunt\\").replace("/", "\\"),
        text,
        flags=re.M,
    )
    return text.replace("\n", "\r\n").encode("utf-16")


def cut_head() -> bytes:
    """A log whose beginning was rotated away: it starts inside the forward stack."""
    text = base("torch-anomaly/torchrun")
    lines = text.splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if "Error detected in" in line)
    return "".join(lines[start + 3 :]).encode()


def cut_tail() -> bytes:
    """A node that was killed while it wrote the forward stack."""
    data = base("torch-anomaly/torchrun").encode()
    return data[: data.index(b"Error detected in") + 700]


def torch_1_5_text() -> bytes:
    """The words of PyTorch 1.5, which wrote from C++ and named the printing function."""
    text = base("torch-anomaly/context-manager")
    text = re.sub(r"(?m)^\S+graph\.py:\d+: UserWarning: (Error detected)", r"[W python_anomaly_mode.cpp:60] Warning: \1", text)
    text = re.sub(r"(?m)^ \(Triggered internally at .*\)$", " (function print_stack)", text)
    return re.sub(r"(?m)^  return Variable\._execution_engine.*# Calls into.*\n(?=Traceback)", "", text).encode()


def stack_in_exception() -> bytes:
    """The words of a PyTorch to come, which appends the forward stack to the exception instead of warning."""
    text = base("torch-anomaly/context-manager")
    warning = re.search(r"(?ms)^\S+: UserWarning: (Error detected in .*?)^ \(Triggered internally[^\n]*\n[^\n]*\n", text)
    assert warning is not None
    return (text.replace(warning[0], "").rstrip("\n") + "\n" + warning[1]).encode()


DERIVED = {
    "torch-anomaly/notebook": notebook,
    "torch-anomaly/notebook-file": notebook_file,
    "torch-anomaly/docker-json-lines": docker_json_lines,
    "torch-anomaly/coloured-ci": coloured_ci,
    "torch-anomaly/labelled-tasks": labelled_tasks,
    "torch-anomaly/powershell-utf16": powershell_utf16,
    "torch-anomaly/cut-head": cut_head,
    "torch-anomaly/cut-tail": cut_tail,
    "torch-anomaly/torch-1-5-text": torch_1_5_text,
    "torch-anomaly/stack-in-exception": stack_in_exception,
}


def main() -> None:
    scripts = sorted(str(path.parent.relative_to(CASES)) for path in CASES.glob("*/*/script.py"))
    for case in sys.argv[1:] or [*scripts, *DERIVED]:
        print(case, flush=True)
        name = "input.ipynb" if case.endswith("-file") else "input.log"
        if takes_folder(case):
            files = run_for_files(case)
        else:
            files = {name: DERIVED[case]() if case in DERIVED else run(case)}
        for name, data in files.items():
            (CASES / case / name).parent.mkdir(parents=True, exist_ok=True)
            (CASES / case / name).write_bytes(data)


main()
