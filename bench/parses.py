"""Whether Python can parse what fixes leave. Reads JSON lines {"path", "text", ...}, writes each back without its text
and with "failure", the error or null. A file that Python cannot parse before the fix is not asked of.
"""
import ast
import json
import sys
import warnings

warnings.simplefilter("ignore")
sound = {}
for line in sys.stdin:
    fix = json.loads(line)
    path = fix["path"]
    if path not in sound:
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                ast.parse(file.read())
            sound[path] = True
        except (SyntaxError, ValueError):
            sound[path] = False
    text = fix.pop("text")
    fix["failure"] = None
    if sound[path]:
        try:
            ast.parse(text.lstrip("\ufeff"))
        except (SyntaxError, ValueError) as error:
            fix["failure"] = str(error)
    print(json.dumps(fix))
