"""Runs many proof scripts in one interpreter: reads a JSON request from standard input, answers one JSON line a script.

Request: {"scripts": ["/path/a.py", …], "imports": ["torch"], "environment": {"NAME": "value"}, "timeout": 60}
Answer:  {"script": "/path/a.py", "exit": 0, "seconds": 0.1, "stdout": "…", "stderr": "…"}

Frameworks take seconds to import, so they are imported once; each script then runs in a forked child, which keeps what
it does (seeds, patches, crashes) to itself.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import time
import traceback


def in_child(script, environment, timeout, stdout, stderr):
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    os.environ.update(environment)
    sys.argv = [script]
    # Past this time the default action of the signal ends the child, whatever it does.
    signal.alarm(timeout)
    status = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else (0 if error.code is None else 1)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run(script, environment, timeout):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            in_child(script, environment, timeout, stdout, stderr)
        _, wait_status = os.waitpid(child, 0)
        stdout.seek(0)
        stderr.seek(0)
        return {
            "script": script,
            "exit": os.waitstatus_to_exitcode(wait_status),
            "seconds": round(time.monotonic() - started, 3),
            "stdout": stdout.read().decode(errors="replace"),
            "stderr": stderr.read().decode(errors="replace"),
        }


def main():
    request = json.load(sys.stdin)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    for name in request["imports"]:
        importlib.import_module(name)
    # Else each child's first collection would touch, and so copy, all that the imports have made.
    gc.collect()
    gc.freeze()
    for script in request["scripts"]:
        print(json.dumps(run(script, request.get("environment", {}), request.get("timeout", 60))), flush=True)


if __name__ == "__main__":
    main()
