"""Opens each .safetensors file below some folders with the real package, and prints what is in them.

    python open_tensors.py FOLDER…
"""

import json
import pathlib
import sys

from safetensors import safe_open

result = {}
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).rglob("*.safetensors")):
        if path.name.startswith("."):
            continue
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}
            result[str(path)] = {
                "metadata": file.metadata(),
                "tensors": {
                    name: {
                        "shape": list(tensor.shape),
                        "dtype": str(tensor.dtype),
                        "first": [repr(value) for value in tensor.flatten()[:64].tolist()],
                    }
                    for name, tensor in tensors.items()
                },
            }
print(json.dumps(result))
