// Inserted checks run: real torch and NumPy values, each style, through torch.compile, vmap and pickling.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CheckOptions } from '../../src/analyzer/checkpoints/options';
import type { PythonParser } from '../../src/syntax/parser';
import { inserted } from '../unit/checkpoints/checkpointing';
import { newParser } from '../unit/syntax/python-parser';

const python = process.env.NANLENS_VENV_PYTHON ?? '';

let parser: PythonParser;
let folder: string;
before(async () => {
  parser = await newParser();
  folder = mkdtempSync(path.join(tmpdir(), 'nanlens-checkpoints-'));
  assert.ok(existsSync(python), 'run this through node scripts/proofs.mjs');
});
after(() => rmSync(folder, { recursive: true, force: true }));

let scripts = 0;

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(source: string, options: Partial<CheckOptions> = {}, beside: Readonly<Record<string, string>> = {}): Run {
  const { text, inserted: checks } = inserted(parser, source, options);
  assert.ok(checks.length > 0);
  const place = path.join(folder, `run-${scripts++}`);
  mkdirSync(place);
  for (const [name, content] of Object.entries(beside)) writeFileSync(path.join(place, name), content);
  writeFileSync(path.join(place, 'script.py'), text);
  return spawnSync(python, ['script.py'], {
    cwd: place,
    encoding: 'utf8',
    input: 'p "stopped", len(locals()) > 0\nc\nc\nc\n',
  });
}

const NET = `import torch
import torch.nn.functional as F
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.Identity())

    def forward(self, x):
        h = self.body(x)
        z = h - h
        out = {"ratio": z / z.abs(), "fine": (z, [z])}
        return out

torch.manual_seed(0)
`;

describe('a check that finds something', () => {
  test('raises, and names value, shape, range and counts', () => {
    const { status, stderr } = run(`${NET}Net()(torch.ones(2, 3))\n`);
    assert.equal(status, 1);
    const line = stderr.trim().split('\n').at(-1) ?? '';
    assert.match(
      line,
      /^FloatingPointError: out\['ratio'\] holds 8 NaN and 0 Inf among 8 values \(shape \(2, 4\), torch\.float32\); none is finite\. Seen in forward, .*script\.py:\d+\.$/,
    );
  });

  test('prints, and goes on', () => {
    const { status, stdout, stderr } = run(
      `import torch\ndef f(x):\n    y = torch.log(x)\n    return y.exp() * 2\nprint(f(torch.tensor([0.0, 1.0, 4.0])).tolist())\n`,
      { style: 'print' },
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /\[0\.0, 2\.0, 8\.0/);
    assert.match(
      stderr,
      /^NaN Lens: y holds 0 NaN and 1 Inf among 3 values \(shape \(3,\), torch\.float32\); the finite ones lie between 0 and 1\.38629\. Seen in f, /,
    );
  });

  test('stops in the debugger', () => {
    const { stdout, stderr } = run(
      `import torch\ndef f(x):\n    y = torch.log(x)\n    return torch.log(y)\nf(torch.zeros(1))\n`,
      {
        style: 'breakpoint',
      },
    );
    assert.match(stderr, /NaN Lens: y holds/);
    assert.match(stdout, /\('stopped', True\)/);
  });

  test('hands its value to the recorder, and raises where there is none', () => {
    const source = `import torch\ndef f(x):\n    y = torch.log(x)\n    return y\nf(torch.zeros(1))\nprint("end")\n`;
    const recorder = 'def check(name, value): print("recorded", name, value)\n';
    const recorded = run(source, { style: 'record' }, { 'nanlens.py': recorder });
    assert.match(recorded.stdout, /recorded y tensor\(\[-inf\]\)\nend/);
    assert.match(run(source, { style: 'record' }).stderr, /FloatingPointError: y holds 0 NaN and 1 Inf/);
  });

  test('names a layer inside a container', () => {
    const { stderr } = run(
      `${NET}net = Net()\nnn.init.constant_(net.body[2].weight, float("nan"))\nnet(torch.ones(2, 3))\n`,
      {
        sequentialHooks: true,
      },
    );
    assert.match(stderr, /FloatingPointError: self\.body\[2\] \(Linear\) holds 8 NaN/);
  });

  test('sees the loss, and the gradients before the step', () => {
    const loop = (loss: string) => `import torch
w = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
for step in range(2):
    optimizer.zero_grad()
    ${loss}
    print(loss.item())
    loss.backward()
    optimizer.step()
`;
    assert.match(run(loop('loss = (w / w).sum()')).stderr, /FloatingPointError: loss holds 1 NaN/);
    const gradients = run(loop('loss = w.square().sum().sqrt()')).stderr;
    assert.match(
      gradients,
      /FloatingPointError: the gradient norm before optimizer\.step\(\) is nan; gradient 0 of optimizer holds 3 NaN/,
    );
  });

  test('works on NumPy and Python numbers', () => {
    const { stderr, status } = run(
      `import numpy as np
def first(x): return float(x[0])
def f(x):
    a = np.log(x)
    b = np.log(x[0])
    c = np.array([1 + 1j, complex("nan")]) * 1
    d = first(a)
    return (a, b, c, x.astype(int) * 2, np.float32(1) * 1)
f(np.array([0.0, 1.0]))
`,
      { style: 'print' },
    );
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      /a holds 0 NaN and 1 Inf among 2 values \(shape \(2,\), float64\); the finite ones lie between 0 and 0\./,
    );
    assert.match(stderr, /b holds 0 NaN and 1 Inf among 1 value \(shape \(\), float64\); none is finite/);
    assert.match(
      stderr,
      /c holds 1 NaN and 0 Inf among 2 values \(shape \(2,\), complex128\); the finite ones lie between 1\.41421 and 1\.41421/,
    );
    assert.match(stderr, /d holds 0 NaN and 1 Inf among 1 value \(shape \(\), float\); none is finite/);
    assert.match(
      stderr,
      /value returned by f\[0\] holds .*; value returned by f\[1\] holds .*; value returned by f\[2\] holds/,
    );
  });
});

describe('a check that finds nothing', () => {
  test('takes no gradients for infinite whose norm alone overflows', () => {
    const { status, stderr } = run(`import torch
w = torch.zeros(3, requires_grad=True)
opt = torch.optim.SGD([w], lr=1e-30)
for step in range(1):
    (w * 1e30).sum().backward()
    opt.step()
`);
    assert.equal(status, 0, stderr);
  });

  test('changes no result, no type and no gradient', () => {
    const { status, stdout, stderr } = run(
      `import copy, io, torch
from collections import namedtuple, OrderedDict
from torch import nn
Pair = namedtuple("Pair", "a b")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    def forward(self, x, *, scale: float = 1.0):
        if scale is None: return x.exp()
        y = self.body(x); return y, (y * scale), Pair(y.exp(), [y.sum()])
    def generator(self, x):
        z = yield x.exp()
        return z.exp()
    async def later(self, x): return x.exp()

def tuples(x): return x.exp(), *[x.log1p()]
def kinds(x):
    a = x.int() + 1
    b = x > 0
    c = OrderedDict(a=x.exp())
    d = x.to_sparse() * 2
    e = x.to("meta") * 2
    return a, b, c, d, e

net = Net()
x = torch.ones(2, 3, requires_grad=True)
out = net(x)
assert type(out) is tuple and type(out[2]) is Pair, out
out[1].sum().backward()
assert x.grad is not None and x.grad.isfinite().all()
assert type(tuples(x)) is tuple and len(tuples(x)) == 2
kinds(x)
g = net.generator(x); next(g)
try: g.send(x)
except StopIteration as stop: assert stop.value.shape == (2, 3)
copy.deepcopy(net)(x)
torch.save(net, io.BytesIO())
torch.func.vmap(lambda row: net(row)[0])(x)
torch.fx.symbolic_trace(nn.Linear(1, 1))
print("fine")
`,
      { sequentialHooks: true },
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'fine\n');
  });

  test('lets torch.compile work, and still raises', () => {
    const { status, stderr } = run(`import torch
@torch.compile(backend="eager")
def f(x):
    y = torch.log(x)
    return y.exp() + 1
assert f(torch.ones(3)).tolist() == [2.0, 2.0, 2.0]
try: f(torch.zeros(3))
except FloatingPointError as error: assert "y holds" in str(error), error
else: raise SystemExit("nothing was raised")
`);
    assert.equal(status, 0, stderr);
  });
});
