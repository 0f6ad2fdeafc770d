"""Runs the fault scripts under each tool and says which named the line that is the first cause.

    python test/recorder/faults/score.py                    a table of the development scripts, by every tool
    python test/recorder/faults/score.py --held-out         a table of the held-out scripts too
    python test/recorder/faults/score.py --tools nanlens --json
    python test/recorder/faults/score.py --tools nanlens --dev --held-out --keep
                                                            writes to named.json which scripts the recorder got right

Without --held-out nothing is printed about a script that is held out, but how many of them there are.

What counts as right, for a script whose cause is a line:
  nanlens         the source of the dump's first anomaly is that file and line
  detect_anomaly  the innermost frame of the user's code in the warning's forward traceback is that file and line
  hf              it names a module, not a line. Right where the line stands in that module's own class, or in a function
                  or class of the user that its forward mentions, or where it is the line that calls the module
Where it is not:
  # truth: rank N   the line as above, and in nanlens' dumps no first anomaly may be of another rank
  # truth: data    nanlens says input-nan; hf shows a bad input and no bad weight; detect_anomaly cannot say so
  # truth: before  the parameters were bad before the step, by the marked line if one is marked: nanlens says so in its
                   verdict or names the line; hf shows a bad weight; detect_anomaly names the line
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

FAULTS = pathlib.Path(__file__).resolve().parent
RECORDER = FAULTS.parents[2] / "media" / "recorder" / "nanlens.py"
TOOLS = ["nanlens", "detect_anomaly", "hf"]
PROCESSES = 2


@dataclass(frozen=True)
class Fault:
    script: pathlib.Path
    group: str
    truth: str  # line, data, before or rank N
    cause: tuple[str, int] | None
    held_out: bool


@dataclass(frozen=True)
class Answer:
    named: str
    right: bool
    seconds: float


def read_fault(script: pathlib.Path) -> Fault:
    text = script.read_text()
    header = dict(re.findall(r"^# (group|truth): (.+)$", text, re.M))
    marked = marks(script)
    for module in re.findall(r"^from lib\.(\w+) import", text, re.M):
        marked += marks(script.parent / "lib" / f"{module}.py")
    truth = header.get("truth", "line")
    if len(marked) > 1 or (truth not in ("data", "before") and not marked):
        raise ValueError(f"{script.name} marks {len(marked)} causes")
    return Fault(script, header["group"], truth, marked[0] if marked else None, script.parent.name == "held-out")


def marks(path: pathlib.Path) -> list[tuple[str, int]]:
    lines = path.read_text().splitlines()
    return [(str(path), number) for number, line in enumerate(lines, 1) if line.endswith("# cause")]


def all_faults() -> list[Fault]:
    scripts = [path for path in FAULTS.glob("*.py") if path.name != "score.py"]
    return [read_fault(path) for path in sorted(scripts) + sorted((FAULTS / "held-out").glob("*.py"))]


def run_all(faults: list[Fault], tools: list[str]) -> dict[tuple[str, str], Answer]:
    """Each script under each tool, in a process of its own; the answers by script and tool."""
    with tempfile.TemporaryDirectory(prefix="nanlens-faults-") as scratch:
        jobs = []
        for fault in faults:
            for tool in tools:
                out = pathlib.Path(scratch, tool, fault.script.parent.name, fault.script.stem)
                out.mkdir(parents=True)
                jobs.append((fault, tool, out))
        with ThreadPoolExecutor(PROCESSES) as pool:
            parts = [jobs[index::PROCESSES] for index in range(PROCESSES)]
            return dict(answer for part in pool.map(run_jobs, parts) for answer in part)


def run_jobs(jobs):
    if not jobs:
        return []
    tools = {tool for _, tool, _ in jobs}
    request = {
        "imports": ["torch", "torch._dynamo"] + ["transformers.debug_utils"] * ("hf" in tools),
        "jobs": [
            {"script": str(fault.script), "environment": {"WATCHING": tool, "WATCHING_OUT": str(out)}}
            for fault, tool, out in jobs
        ],
        "timeout": 60,
    }
    done = subprocess.run(
        [sys.executable, str(FAULTS.parent / "forked.py")],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
    )
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    paired = zip(jobs, ends, strict=True)
    return [((str(fault.script), tool), JUDGES[tool](fault, out, end)) for (fault, tool, out), end in paired]


def judge_nanlens(fault: Fault, out: pathlib.Path, end) -> Answer:
    dumps = sorted(out.glob("**/*.nandump.json"), key=lambda path: path.stat().st_mtime_ns)
    if not dumps:
        return Answer("no dump", False, end["seconds"])
    read = [json.loads(path.read_text()) for path in dumps]
    if fault.truth.startswith("rank"):
        return judge_ranks(fault, read, end)
    dump = read[0]
    first = dump["anomalies"][0]
    source = first.get("source")
    at_cause = source is not None and is_cause(fault, source["path"], source["line"])
    named = f"{first['kind']} {place(source)}"
    if fault.truth == "data":
        return Answer(named, first["kind"] == "input-nan", end["seconds"])
    if fault.truth == "before":
        said = re.search(r"\bbefore (this|the) step\b|\balready\b", dump["verdict"]["sentence"]) is not None
        return Answer(named + (", before this step" if said else ""), said or at_cause, end["seconds"])
    return Answer(named, at_cause, end["seconds"])


def judge_ranks(fault: Fault, dumps, end) -> Answer:
    """A run of several processes: each may have a dump, and together they blame one line of one rank."""
    firsts = [anomaly for dump in dumps for anomaly in dump["anomalies"] if anomaly["role"] == "first"]
    named = sorted({f"rank {first.get('rank')} {place(first.get('source'))}" for first in firsts})
    guilty = all(first.get("rank") == int(fault.truth.split()[1]) for first in firsts)
    sources = [first["source"] for first in firsts if first.get("source")]
    at_cause = bool(sources) and all(is_cause(fault, source["path"], source["line"]) for source in sources)
    return Answer("; ".join(named) or "nothing", guilty and at_cause, end["seconds"])


def judge_detect_anomaly(fault: Fault, out: pathlib.Path, end) -> Answer:
    start = end["stderr"].find("Traceback of forward call")
    if start < 0:
        return Answer("nothing", False, end["seconds"])
    # The traceback of the forward call ends where the warning's own source line or the next traceback begins.
    stack = re.split(r"\(Triggered internally|\nTraceback \(most", end["stderr"][start:])[0]
    frames = re.findall(r'^ +File "([^"]+)", line (\d+)', stack, re.M)
    own = [(path, int(line)) for path, line in frames if str(FAULTS) in path]
    if not own:
        return Answer("no line of the script", False, end["seconds"])
    path, line = own[-1]
    return Answer(place({"path": path, "line": line}), is_cause(fault, path, line), end["seconds"])


def judge_hf(fault: Fault, out: pathlib.Path, end) -> Answer:
    noted = out / "hf.json"
    if not noted.exists():
        crashed = "DebugUnderflowOverflow" not in end["stderr"] and "debug_utils.py" in end["stderr"]
        return Answer("its own exception" if crashed else "nothing", False, end["seconds"])
    said = json.loads(noted.read_text())
    weights = [row for row in said["bad"] if not row.startswith(("input", "output"))]
    inputs = [row for row in said["bad"] if row.startswith("input")]
    named = f"{said['module'] or 'the model'} ({said['class']})"
    if fault.truth == "data":
        return Answer(named, bool(inputs) and not weights, end["seconds"])
    if fault.truth == "before":
        return Answer(named, bool(weights), end["seconds"])
    call = said["call"]
    by_call = call is not None and is_cause(fault, call["path"], call["line"])
    return Answer(named, by_call or stands_in(fault, said["class"], said["forward"]), end["seconds"])


def stands_in(fault: Fault, name: str, path: str) -> bool:
    """Whether the cause stands in the class of that name, or in a function of the script that its methods mention."""
    if fault.cause is None or path != str(fault.script):
        return False
    top = {node.name: node for node in ast.parse(fault.script.read_text()).body if hasattr(node, "name")}
    seen, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in top:
            continue
        seen.add(current)
        node = top[current]
        if fault.cause[0] == path and node.lineno <= fault.cause[1] <= node.end_lineno:
            return True
        inner = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        # What is another module is named by itself, where it is the guilty one.
        waiting += [each for each in inner if each in top and not is_module(top[each])]
    return False


def is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any("Module" in ast.unparse(base) for base in node.bases)


JUDGES = {"nanlens": judge_nanlens, "detect_anomaly": judge_detect_anomaly, "hf": judge_hf}


def is_cause(fault: Fault, path: str, line: int) -> bool:
    """A dump may shorten the path, hence the suffix."""
    return fault.cause is not None and fault.cause[1] == line and fault.cause[0].endswith(path.removeprefix("./"))


def place(source) -> str:
    return "no line" if source is None else f"{pathlib.Path(source['path']).name}:{source['line']}"


def truth_of(fault: Fault) -> str:
    if fault.truth not in ("data", "before"):
        rank = "" if fault.truth == "line" else f"{fault.truth}, "
        return rank + place({"path": fault.cause[0], "line": fault.cause[1]})
    return fault.truth + (f", {pathlib.Path(fault.cause[0]).name}:{fault.cause[1]}" if fault.cause else "")


def table(faults: list[Fault], tools: list[str], answers) -> str:
    rows = [f"| group | script | cause | {' | '.join(tools)} |", f"|---|---|---|{'---|' * len(tools)}"]
    for fault in sorted(faults, key=lambda fault: (fault.group, fault.script.name)):
        cells = []
        for tool in tools:
            answer = answers[str(fault.script), tool]
            cells.append(f"{'yes' if answer.right else 'no'}: {answer.named}")
        rows.append(f"| {fault.group} | {fault.script.stem} | {truth_of(fault)} | {' | '.join(cells)} |")
    counts = [sum(answers[str(fault.script), tool].right for fault in faults) for tool in tools]
    shares = [f"{count} of {len(faults)} ({100 * count / len(faults):.0f} %)" for count in counts]
    rows.append(f"| | **all** | | {' | '.join(shares)} |")
    return "\n".join(rows)


def as_json(faults: list[Fault], tools: list[str], answers) -> str:
    return json.dumps(
        [
            {
                "script": fault.script.stem,
                "heldOut": fault.held_out,
                "truth": truth_of(fault),
                "tools": {
                    tool: {
                        "right": answers[str(fault.script), tool].right,
                        "named": answers[str(fault.script), tool].named,
                    }
                    for tool in tools
                },
            }
            for fault in faults
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--held-out", action="store_true", help="the held-out scripts")
    parser.add_argument("--dev", action="store_true", help="the development scripts; the default without --held-out")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=TOOLS)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these scripts")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="write the names of those that nanlens got right")
    options = parser.parse_args()
    tools = options.tools
    if "nanlens" in tools and not RECORDER.exists():
        print("media/recorder/nanlens.py is not there: that tool is left out.", file=sys.stderr)
        tools = [tool for tool in tools if tool != "nanlens"]
    faults = all_faults()
    wanted = [False] * (options.dev or not options.held_out) + [True] * options.held_out
    chosen = [fault for fault in faults if fault.held_out in wanted]
    if options.only:
        chosen = [fault for fault in chosen if fault.script.stem in options.only]
    answers = run_all(chosen, tools)
    if options.keep:
        right = sorted(fault.script.stem for fault in chosen if answers[str(fault.script), "nanlens"].right)
        (FAULTS / "named.json").write_text(json.dumps(right, indent=2) + "\n")
    if options.json:
        print(as_json(chosen, tools, answers))
        return
    for held_out in wanted:
        part = [fault for fault in chosen if fault.held_out == held_out]
        if part:
            print(f"## {'Held out' if held_out else 'Development'}: {len(part)} scripts\n")
            print(table(part, tools, answers) + "\n")
    if not options.held_out:
        print(f"{sum(fault.held_out for fault in faults)} more scripts are held out.")


if __name__ == "__main__":
    main()
