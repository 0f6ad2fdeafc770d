"""Prints as JSON what nanlens.py imports, whether Python 3.10 could read it, and which public names lack a docstring."""

import ast
import inspect
import json
import sys

import nanlens

with open(nanlens.__file__, encoding="utf-8") as file:
    tree = ast.parse(file.read(), feature_version=(3, 10))
imported = set()
for node in ast.walk(tree):
    if isinstance(node, ast.Import):
        imported |= {alias.name.split(".")[0] for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
        imported.add((node.module or "").split(".")[0])
# What is imported at the top is needed; what stands deeper is for those who have it.
needed = set()
for node in tree.body:
    if isinstance(node, ast.Import):
        needed |= {alias.name.split(".")[0] for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
        needed.add((node.module or "").split(".")[0])
public = {name: getattr(nanlens, name) for name in nanlens.__all__}
public |= {
    f"Recorder.{name}": member
    for name, member in vars(nanlens.Recorder).items()
    if not name.startswith("_") and inspect.isfunction(member)
}
print(
    json.dumps(
        {
            "needed": sorted(needed - sys.stdlib_module_names),
            "optional": sorted(imported - needed - sys.stdlib_module_names),
            "public": sorted(public),
            "undocumented": sorted(name for name, member in public.items() if not member.__dict__.get("__doc__", member.__doc__)),
        }
    )
)
