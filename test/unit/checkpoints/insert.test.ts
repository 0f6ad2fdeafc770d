// What gets a check and what does not, and how the checks are worded.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { CheckOptions } from '../../../src/analyzer/checkpoints/options';
import type { PythonParser } from '../../../src/syntax/parser';
import { newParser } from '../syntax/python-parser';
import { inserted, withoutHelper } from './checkpointing';
import { MODEL } from './sources';

let parser: PythonParser;
before(async () => {
  parser = await newParser();
});

const IMPORTS = 'import torch\nimport torch.nn.functional as F\n';

/** The body of a function with its checks, from the body without. */
function body(lines: string, options: Partial<CheckOptions> = {}): string {
  const indented = lines.replace(/^/gm, '    ');
  const { text } = inserted(parser, `${IMPORTS}def forward(self, x, mask, n):\n${indented}\n`, options);
  return withoutHelper(text)
    .split('\n')
    .slice(3, -1)
    .map((line) => line.slice(4))
    .join('\n');
}

describe('a value is checked', () => {
  const cases: readonly [name: string, before: string, after: string][] = [
    ['after a layer', 'h = self.fc(x)', 'h = self.fc(x)\n_nanlens_check("h", h)  # nanlens: check'],
    ['after a function', 'h: T = F.relu(x)  # c', 'h: T = F.relu(x)  # c\n_nanlens_check("h", h)  # nanlens: check'],
    [
      'each of a tuple',
      'a, (b, _), *c = self.rnn(x)',
      'a, (b, _), *c = self.rnn(x)\n_nanlens_check("a", a, "b", b, "c", c)  # nanlens: check',
    ],
    [
      'in a dictionary',
      'out = {"a": self.fc(x), "b": 1}',
      'out = {"a": self.fc(x), "b": 1}\n_nanlens_check("out", out)  # nanlens: check',
    ],
    [
      'where it is kept',
      'self.state["k"] = torch.exp(x)',
      'self.state["k"] = torch.exp(x)\n_nanlens_check("self.state[\\"k\\"]", self.state["k"])  # nanlens: check',
    ],
    ['after an augmented assignment', 'x += self.fc(x)', 'x += self.fc(x)\n_nanlens_check("x", x)  # nanlens: check'],
    ['after a change in place', 'x.div_(n)', 'x.div_(n)\n_nanlens_check("x", x)  # nanlens: check'],
    [
      'on its way out',
      'return F.log_softmax(x, -1)',
      'return _nanlens_checked((F.log_softmax(x, -1)), _nanlens="value returned by forward")',
    ],
    [
      'on its way out, in a tuple',
      'return x, x.exp()',
      'return _nanlens_checked((x, x.exp()), _nanlens="value returned by forward")',
    ],
    ['beside it in a suite of one line', 'if n: h = x.exp()', 'if n: h = x.exp(); _nanlens_check("h", h)'],
    [
      'through an attribute of a result',
      'h = self.model(x).logits',
      'h = self.model(x).logits\n_nanlens_check("h", h)  # nanlens: check',
    ],
    [
      'once, where loss is differentiated right away',
      'loss = F.mse_loss(x, n)\nloss.backward()',
      'loss = F.mse_loss(x, n)\n_nanlens_check("loss", loss)  # nanlens: check\nloss.backward()',
    ],
    [
      'before backward',
      'print(n)\nself.scaler.scale(loss / n).backward()',
      'print(n)\n_nanlens_check("loss", loss)  # nanlens: check\nself.scaler.scale(loss / n).backward()',
    ],
    [
      'before the step: its gradients',
      'self.opt_g.step()',
      '_nanlens_check_gradients("self.opt_g", self.opt_g)  # nanlens: check\nself.opt_g.step()',
    ],
    [
      'where a mask has done its work',
      's = x.masked_fill(mask, float("-inf"))\na = s.softmax(-1)',
      's = x.masked_fill(mask, float("-inf"))\na = s.softmax(-1)\n_nanlens_check("a", a)  # nanlens: check',
    ],
  ];
  for (const [name, source, expected] of cases) test(name, () => assert.equal(body(source), expected));
});

describe('no check', () => {
  const silent: readonly [name: string, source: string][] = [
    ['of sizes and shapes', 'b, t = x.shape\nc = x.size(1)\nd = x.shape[0] // 2\ne = len(x)'],
    [
      'of text, flags and containers of them',
      's = f"{x}" + "a"\nt = x is None\nu = [1, 2]\nv = {"a": "b"}\nw = "%s" % x',
    ],
    ['of Python numbers', 'loss = x.sum().item()\nk = float(x)\ni = 0\ni += 1'],
    [
      'of layers, devices and optimizers',
      'fc = torch.nn.Linear(1, 2)\nd = torch.device("cpu")\no = torch.optim.SGD(fc.parameters())',
    ],
    [
      'of masks',
      'm = torch.full((n, n), float("-inf")).triu(1)\ns = x + m\nt = s.view(-1)\ns += m\nu = x + self.attn_mask\nv = mask.log()',
    ],
    ['of names that are only passed on', 'y = x\nreturn y'],
    [
      'before steps of schedulers and scalers',
      'scheduler.step()\nself.sched.step()\nscaler.step(optimizer)\noptimizer.step(closure)',
    ],
    ['of what must not be evaluated twice', 'self.pop()[next(n)] = torch.exp(x)\ncache[f(n)] = torch.exp(x)'],
    ['in a lambda', 'f = lambda y: torch.exp(y)'],
  ];
  for (const [name, source] of silent) test(name, () => assert.equal(body(source), source));
});

/** 1-based line of MODEL that begins with `code`. */
function lineOf(code: string): number {
  const index = MODEL.split('\n').findIndex((line) => line.trim().startsWith(code));
  assert.ok(index >= 0, code);
  return index + 1;
}

describe('targets', () => {
  const names = (options: Partial<CheckOptions>) =>
    inserted(parser, MODEL, options).inserted.map(({ line, name }) => `${line} ${name}`);

  test('a function, by its qualified or its last name, inner functions included', () => {
    const whole = names({ target: { kind: 'function', name: 'Net.forward' } });
    assert.deepEqual(names({ target: { kind: 'function', name: 'forward' } }), whole);
    assert.ok(whole.includes(`${lineOf('z = y')} z`));
    assert.ok(
      whole.every(
        (check) =>
          Number.parseInt(check, 10) > lineOf('def forward') && Number.parseInt(check, 10) < lineOf('def train'),
      ),
    );
  });

  test('lines', () => {
    const first = lineOf('h = self.net');
    assert.deepEqual(names({ target: { kind: 'lines', first, last: first + 1 } }), [
      `${first} h`,
      `${first + 1} h, cell`,
    ]);
  });

  test('everything: forward, what computes, training loops outside functions', () => {
    const all = names({});
    assert.ok(all.includes(`${lineOf('def scale')} value returned by Net.scale`));
    assert.ok(all.includes(`${lineOf('optimizer.step')} gradients of optimizer`));
    const script = `${IMPORTS}x = torch.log(y)\nfor x, y in data:\n    loss = model(x)\n    loss.backward()\nfor x in y:\n    z = torch.log(x)\n`;
    assert.deepEqual(inserted(parser, script).inserted, [{ line: 5, name: 'loss' }]);
  });

  test('a function that is not there is named, with those that are', () => {
    const { edits, problems } = inserted(parser, MODEL, { target: { kind: 'function', name: 'forwards' } });
    assert.deepEqual(edits, []);
    assert.deepEqual(problems, [
      'there is no function forwards; the file has Net.__init__, Net.scale, Net.forward, Net.forward.inner, train',
    ]);
  });

  test('compiled functions are left alone, and it is said', () => {
    const { edits, problems } = inserted(
      parser,
      'import torch\n@torch.jit.script\ndef f(x):\n    return torch.log(x)\n',
    );
    assert.deepEqual(edits, []);
    assert.deepEqual(problems, ['f is compiled by @script, which lets no check through']);
    const full = inserted(
      parser,
      'import torch\ndef f(x):\n    return torch.log(x)\nf = torch.compile(f, fullgraph=True)\n',
    );
    assert.equal(full.inserted.length, 1);
    assert.match(full.problems[0] ?? '', /fullgraph/);
  });

  test('a better judgement takes the place of the syntactic one', () => {
    const source = 'def f(x):\n    y = g(x)\n    return h(x)\n';
    const target = { kind: 'function', name: 'f' } as const;
    assert.equal(inserted(parser, source, { target }).inserted.length, 2);
    assert.equal(inserted(parser, source, { target, kindOf: () => 'other' }).inserted.length, 0);
  });
});

describe('hooks in containers', () => {
  test('go where the class of a checked function makes them', () => {
    const target = { kind: 'function', name: 'Net.forward' } as const;
    const { text, inserted: checks } = inserted(parser, MODEL, { target, sequentialHooks: true });
    assert.match(text, /^ {8}_nanlens_check_layers\("self.net", self.net\) {2}# nanlens: check$/m);
    assert.deepEqual(checks[0], { line: lineOf('self.net = '), name: 'self.net' });
    assert.ok(!inserted(parser, MODEL, { target }).text.includes('"self.net"'));
  });
});

describe('the helper', () => {
  const place = (source: string): string | undefined => {
    const lines = inserted(parser, `${source}def f(x):\n    y = x.exp()\n    return y\n`).text.split('\n');
    const first = lines.findIndex((line) => line.endsWith('# nanlens: helper'));
    return lines.slice(0, first).join('\n');
  };
  const cases: readonly [name: string, source: string, above: string][] = [
    [
      'stands below imports',
      'import torch\nfrom a import (\n  b,\n)  # c\nx = 1\nimport d\n',
      'import torch\nfrom a import (\n  b,\n)  # c',
    ],
    [
      'stands below docstring and future imports',
      '"""d"""\nfrom __future__ import annotations\nx = 1\n',
      '"""d"""\nfrom __future__ import annotations',
    ],
    [
      'stands below the docstring where nothing is imported',
      '#!python\n# coding: utf-8\n"""d\n"""\n',
      '#!python\n# coding: utf-8\n"""d\n"""',
    ],
    ['stands below the comments at the top', '#!python\n# coding: utf-8\n\n', '#!python\n# coding: utf-8\n'],
  ];
  for (const [name, source, above] of cases) test(name, () => assert.equal(place(source), above));

  test('is put in once', () => {
    const first = inserted(parser, MODEL, { target: { kind: 'function', name: 'scale' } }).text;
    const second = inserted(parser, first).text;
    assert.equal(second.split('def _nanlens_check(').length, 2);
  });
});
