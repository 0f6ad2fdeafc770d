"""Runs scripts in processes forked from an interpreter that has imported torch, which takes seconds to import.

    request, on standard input: {"jobs": [{"script": "/a.py", "environment": {"NAME": "value"}}], "timeout": 60}
    answer, one JSON line a job: {"job": 0, "exit": 0, "seconds": 0.1, "stdout": "…", "stderr": "…"}

A job may have `arguments`, a list, and `kill`: as many seconds after its first output it is killed by SIGKILL.
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


def in_child(script, arguments, environment, timeout, stdout, stderr):
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    os.environ.update(environment)
    sys.argv = [script, *arguments]
    sys.path[0] = os.path.dirname(script)
    sys.path.insert(1, os.path.dirname(os.path.abspath(__file__)))
    # As at a start; the interpreter has started already.
    sys.path[2:2] = [folder for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder]
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


def kill_after_output(child, stdout, seconds, timeout):
    deadline = time.monotonic() + timeout
    while os.fstat(stdout.fileno()).st_size == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(seconds)
    # Still a child of ours, even if it has ended: it is waited for only afterwards.
    os.kill(child, signal.SIGKILL)


def run(job, timeout):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            in_child(job["script"], job.get("arguments", []), job.get("environment", {}), timeout, stdout, stderr)
        if "kill" in job:
            kill_after_output(child, stdout, job["kill"], timeout)
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
