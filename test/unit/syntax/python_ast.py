"""Prints the nodes of Python's own syntax tree, one JSON object per file named on standard input, for comparison.

A node is "Kind start end" with UTF-16 offsets, in the names of src/syntax/ast.ts. Left out: what lies inside f-strings
(their offsets were wrong before Python 3.12), patterns, and nodes that the typed tree has in another shape.
"""

import ast
import json
import sys
import warnings

warnings.simplefilter("ignore")

KINDS = {
    "BinOp": "Binary", "UnaryOp": "Unary", "BoolOp": "Bool", "IfExp": "Conditional", "JoinedStr": "String",
    "ListComp": "Comprehension", "SetComp": "Comprehension", "DictComp": "Comprehension",
    "GeneratorExp": "Comprehension", "YieldFrom": "Yield", "Expr": "ExprStmt", "AsyncFunctionDef": "FunctionDef",
    "AsyncFor": "For", "AsyncWith": "With", "TryStar": "Try", "TypeAlias": "Assign",
}  # fmt: skip


def kind_of(node):
    if isinstance(node, ast.Constant):
        if isinstance(node.value, (str, bytes)):
            return "String"
        return "Number" if type(node.value) in (int, float, complex) else "Constant"
    name = type(node).__name__
    return KINDS.get(name, name)


def nodes_of(text):
    starts, at = [], 0
    encoded = []
    for line in text.split("\n"):
        starts.append(at)
        encoded.append(line.encode("utf-8", "surrogatepass"))
        at += len(line.encode("utf-16-le", "surrogatepass")) // 2 + 1

    def offset(line, column):
        prefix = encoded[line - 1][:column].decode("utf-8", "surrogatepass")
        return starts[line - 1] + len(prefix.encode("utf-16-le", "surrogatepass")) // 2

    wide = text.encode("utf-16-le", "surrogatepass")
    found = []

    def visit(node, parent):
        if isinstance(node, (ast.expr, ast.stmt)):
            in_call = isinstance(parent, (ast.Call, ast.ClassDef)) and isinstance(node, ast.Starred)
            in_index = isinstance(node, ast.Tuple) and getattr(parent, "slice", None) is node
            if not in_call and not in_index:
                decorated = getattr(node, "decorator_list", [])
                start = "@" if decorated else offset(node.lineno, node.col_offset)
                end = offset(node.end_lineno, node.end_col_offset)
                while wide[2 * end - 2 : 2 * end] in (b";\0", b" \0"):
                    end -= 1
                found.append(f"{kind_of(node)} {start} {end}")
        if isinstance(node, ast.JoinedStr) or isinstance(node, getattr(ast, "pattern", ())):
            return
        if type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
            return
        for child in ast.iter_child_nodes(node):
            visit(child, node)

    visit(ast.parse(text), None)
    return sorted(found)


for path in sys.stdin.read().split("\n"):
    if not path:
        continue
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        print(json.dumps({"path": path, "nodes": nodes_of(text)}))
    except (SyntaxError, ValueError, RecursionError, UnicodeDecodeError, MemoryError):
        print(json.dumps({"path": path, "nodes": None}))
