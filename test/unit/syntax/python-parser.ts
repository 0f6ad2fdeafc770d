// What the syntax tests share: a parser, this machine's CPython library as real input, and reproducible chance.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Module, Stmt } from '../../../src/syntax/ast';
import { type ParserBinaries, PythonParser } from '../../../src/syntax/parser';
import { walkStatements } from '../../../src/syntax/walk';

const modules = path.join(process.cwd(), 'node_modules');

export const binaries: ParserBinaries = {
  runtime: readFileSync(path.join(modules, 'web-tree-sitter/web-tree-sitter.wasm')),
  language: readFileSync(path.join(modules, 'tree-sitter-python/tree-sitter-python.wasm')),
};

export function newParser(): Promise<PythonParser> {
  return PythonParser.create(binaries);
}

/** Folder of the standard library of the `python3` on the path. */
export function standardLibrary(): string {
  return execFileSync('python3', ['-c', 'import sysconfig; print(sysconfig.get_path("stdlib"))'], {
    encoding: 'utf8',
  }).trim();
}

/** Every `stride`th Python file of the library's folders `under`, in the order of their names. */
export function libraryFiles(under: readonly string[], stride: number): string[] {
  const root = standardLibrary();
  const files = under.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.py'))
      .sort()
      .map((name) => path.join(root, folder, name)),
  );
  return files.filter((file, index) => index % stride === 0 && statSync(file).size < 300_000);
}

export function brokenStatements(module: Module): string[] {
  const found: string[] = [];
  for (const { segment } of module.segments) {
    walkStatements(segment.body, (statement: Stmt) => {
      if (statement.kind === 'BrokenStmt') found.push(segment.text.slice(statement.start, statement.end));
    });
  }
  return found;
}

/** Numbers in [0, 1), the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Sources that hold what is hard to read: every statement, strings of all kinds, odd layout. */
export const TRICKY_SOURCES: readonly string[] = [
  `"""Docs with 'quotes' and a def line:
def not_code(): pass
"""
from __future__ import annotations
import torch, numpy as np
from . import (a, b as c,)

@decorator(x=[1, 2])  # why
@torch.no_grad()
async def f(x: int, /, y=1_000, *args: str, z: float = 1e-8, **kw) -> dict[str, int]:
    '''doc'''
    async with open(x) as g, h: await g
    async for i, *rest in x: yield i
    return (yield), [*x, *y], {**kw, 'a': 1}, {1, *x}

# about the class
class A(Base, metaclass=M):
\tx: int = 0
\tdef m(self): return self.x if self else lambda a, *b, c=1: (a, b)
`,
  `if a:\n    b\nelif c: d; e\nelse:\n\n    f\n\nelse_ = 1\nfor i in x:\n    break\nelse:\n    pass\nwhile (n := f()) > 0: continue\ntry:\n  x\nexcept (A, B) as e:\n  raise C from e\nexcept* D: pass\nelse: y\nfinally:\n  z\n`,
  `match cmd.split():\n    case [a, *_] if a: pass\n    case {"k": 1 | 2, **rest}: x = 1\n    case Point(x=0, y=yy) as p: y = 2\n    case _:\n        z = 3\n\nx = f"{a!r:>{width}} {{}} {b['k']=}" rb'\\x00' if 1 else R"\\"\n`,
  `x = (1 +\n  2)\ny = [\n  f(a)(b)[c:d, ::e, ...].g\n  for a in b if c\n  for d in e]\nz = a if b else c\nnot a and b or -c ** -d // ~e @ f != g is not h not in i\ndel a, b[0]\nassert x, "m"\nglobal q\nprint >>f, x\n`,
  'def f(x):\r\n\treturn x\r\n\r\nclass B:\r\n\tpass\r\n',
  'def f(x):\r  return x\rdef g(): pass\r',
  'x = 1 \\\n  + 2\nif x: y = """a\nb"""; z = \'c\\\nd\'\n\f\ndef g(): ...\n',
  'def broken(:\n  x = (\ndef fine(x):\n    return torch.log(x)\n\n\nprint "two"\nexec "three" in d\nraise E, "four"\n',
  '\ufefftype Pair[T] = tuple[T, T]\ndef first[T: int](p: Pair[T]) -> T: return p[0]\nclass C[T]: pass\ntype(x).y = `z`\n',
  'x = "unclosed\ny = f"{a[\'b\']:{w}.{p}f}" f\'{x!r}\'\nz = f"{\n  1 + 2\n}"\n"""never closed\ndef f(): pass\n',
];
