"""Runs a script and compares each value with what NaN Lens tells of it: told.run(script, facts).

facts is the path of a JSON list, one entry an expression: its place as Python counts (line, column in UTF-8 bytes, both
ends), whether it is an assigned name, and what is told. Prints one JSON line, last on standard output:
{"seen": expressions that had a value to compare, "wrong": ["line 3, `p`: told …, was …"]}
"""

from __future__ import annotations

import ast
import json
import math
import os
import sys
import traceback
from typing import Any

import numpy as np

# Rounding: how far beyond an end a computed value may be, relative to the end's size.
TOLERANCE = {"float16": 5e-3, "bfloat16": 2e-2, "float32": 1e-5, "float64": 1e-6}


class Watch:
    def __init__(self, facts: list[dict[str, Any]]) -> None:
        self.facts = facts
        self.seen: set[int] = set()
        self.wrong: dict[int, str] = {}

    def told(self, index: int, value: Any) -> Any:
        if index not in self.wrong:
            try:
                numbers = _numbers(value)
            except Exception:
                numbers = None  # A tracer, a symbol, a value of another kind: there is nothing to compare.
            if numbers is not None:
                self.seen.add(index)
                problem = _problem(self.facts[index], value, numbers)
                if problem:
                    fact = self.facts[index]
                    self.wrong[index] = f"line {fact['place'][0]}, `{fact['text']}`: told {_words(fact)}, {problem}"
        return value


def _words(fact: dict[str, Any]) -> str:
    kept = {key: fact[key] for key in ("lo", "hi", "zero", "dtype", "stopsGradient") if fact.get(key)}
    return json.dumps(kept)


def _numbers(value: Any) -> np.ndarray | None:
    """The numbers of a tensor, array or Python number; None for anything else."""
    if isinstance(value, (bool, int, float)):
        return np.asarray(value)
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        return array if array.dtype.kind in "fiub" else None
    module = type(value).__module__.split(".")[0]
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        if value.is_complex() or value.is_sparse:
            return None
        plain = value.detach()
        return (plain.double() if plain.is_floating_point() else plain).cpu().numpy()
    if module in ("jaxlib", "jax", "tensorflow", "keras"):
        array = np.asarray(value)
        if array.dtype.kind in "fiub":
            return array
        return array.astype(np.float64) if "float" in str(array.dtype) else None
    return None


def _dtype(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float64"
    name = str(getattr(value, "dtype", "")).replace("torch.", "")
    name = name.split("'")[1] if "'" in name else name
    return "integer" if "int" in name else name


def _problem(fact: dict[str, Any], value: Any, numbers: np.ndarray) -> str | None:
    dtype = _dtype(value)
    if fact["dtype"] is not None and fact["dtype"] != dtype:
        return f"was of dtype {dtype}"
    if fact["stopsGradient"] and getattr(value, "requires_grad", False):
        return "a gradient flows"
    if numbers.dtype.kind == "b":
        numbers = numbers.astype(int)
    if numbers.size == 0 or "lo" not in fact:
        return None
    lo = -math.inf if fact["lo"] is None else fact["lo"]
    hi = math.inf if fact["hi"] is None else fact["hi"]
    # What has no bound on one side may overflow there; a reciprocal of -0.0 is infinite on the other side.
    ignored = np.isnan if math.isfinite(lo) and math.isfinite(hi) else lambda each: ~np.isfinite(each)
    known = numbers[~ignored(numbers)] if numbers.dtype.kind == "f" else numbers
    if known.size == 0:
        return None
    least, most = float(known.min()), float(known.max())
    slack = TOLERANCE.get(dtype, 0.0)
    if least < lo - slack * abs(lo) or most > hi + slack * abs(hi):
        return f"was in [{least}, {most}]"
    if fact["zero"] == "never" and bool((known == 0).any()):
        return "was exactly 0"
    return None


class _Wrap(ast.NodeTransformer):
    def __init__(self, facts: list[dict[str, Any]]) -> None:
        self.values = {tuple(fact["place"]): index for index, fact in enumerate(facts) if not fact["isTarget"]}
        self.targets = {tuple(fact["place"]): index for index, fact in enumerate(facts) if fact["isTarget"]}

    def _call(self, index: int, node: ast.expr) -> ast.Call:
        call = ast.Call(ast.Name("__told__", ast.Load()), [ast.Constant(index), node], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def visit(self, node: ast.AST) -> ast.AST:
        index = self.values.get(_place(node)) if isinstance(node, ast.expr) else None
        loads = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        wrapped = super().visit(node)
        return self._call(index, wrapped) if index is not None and loads else wrapped

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    def visit_Delete(self, node: ast.Delete) -> ast.AST:
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        names = [name for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        checks = []
        for name in names:
            index = self.targets.get(_place(name))
            if index is not None and isinstance(name.ctx, ast.Store):
                load = ast.copy_location(ast.Name(name.id, ast.Load()), name)
                checks.append(ast.fix_missing_locations(ast.copy_location(ast.Expr(self._call(index, load)), node)))
        self.generic_visit(node)
        return [node, *checks]


def _place(node: ast.AST) -> tuple[int, int, int, int]:
    return (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def run(script: str, facts_file: str) -> None:
    with open(facts_file, encoding="utf-8") as file:
        watch = Watch(json.load(file))
    with open(script, encoding="utf-8") as file:
        tree = _Wrap(watch.facts).visit(ast.parse(file.read(), script))
    ast.fix_missing_locations(tree)
    sys.path.insert(0, os.path.dirname(script))
    namespace = {"__name__": "__main__", "__file__": script, "__told__": watch.told}
    try:
        exec(compile(tree, script, "exec"), namespace)
    except SystemExit:
        pass
    except BaseException:
        # Many of the scripts die of what is wrong with them; what was seen until then counts.
        traceback.print_exc()
    print(json.dumps({"seen": len(watch.seen), "wrong": list(watch.wrong.values())}), flush=True)
