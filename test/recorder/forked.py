"""Runs scripts in processes forked from an interpreter that has imported torch, which takes seconds to import.

    request, on standard input: {"jobs": [{"script": "/a.py", "environment": {"NAME": "value"}}], "timeout": 60}
    answer, one JSON line a job: {"job": 0, "exit": 0, "seconds": 0.1, "stdout": "…", "stderr": "…"}

A child ends as `python script.py` would: the hook for uncaught exceptions runs, then what is registered to run at exit.
"""

import atexit
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import time


def in_child(script, environment, timeout, stdout, stderr):
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    os.environ.update(environment)
    sys.argv = [script]
    sys.path[0] = os.path.dirname(script)
    sys.path.insert(1, os.path.dirname(os.path.abspath(__file__)))
    # Past this time the default action of the signal ends the child, whatever it does.
    signal.alarm(timeout)
    status = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else (0 if error.code is None else 1)
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    try:
        atexit._run_exitfuncs()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run(job, timeout):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            in_child(job["script"], job.get("environment", {}), timeout, stdout, stderr)
        _, wait_status = os.waitpid(child, 0)
        stdout.seek(0)
        stderr.seek(0)
        return {
            "exit": os.waitstatus_to_exitcode(wait_status),
            "seconds": round(time.monotonic() - started, 3),
            "stdout": stdout.read().decode(errors="replace"),
            "stderr": stderr.read().decode(errors="replace"),
        }


def main():
    request = json.load(sys.stdin)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # The first optimizer of a process imports Dynamo; a child would pay for it each time.
    for name in request.get("imports", ["torch", "torch._dynamo"]):
        importlib.import_module(name)
    for index, job in enumerate(request["jobs"]):
        print(json.dumps({"job": index, **run(job, request.get("timeout", 60))}), flush=True)


if __name__ == "__main__":
    main()
