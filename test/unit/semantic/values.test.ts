// What the value model knows of an expression: the last statement of each program is `_ = <expression>`.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import type * as R from '../../../src/semantic/range';
import type { Quantity, Value } from '../../../src/semantic/value';
import type { Stmt } from '../../../src/syntax/ast';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';

let analyzer: Analyzer;
before(async () => {
  analyzer = await freshAnalyzer();
});

const PRELUDE =
  'import math\nimport numpy as np\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n';

function innermostLast(body: readonly Stmt[]): Stmt | undefined {
  const last = body.at(-1);
  return last?.kind === 'FunctionDef' || last?.kind === 'ClassDef' ? innermostLast(last.body.body) : last;
}

function knownOf(source: string): Value {
  const model = analyzer.modelFor(PRELUDE + source);
  const segment = model.module.segments.at(-1)?.segment;
  const last = segment && innermostLast(segment.body);
  assert.ok(segment && last?.kind === 'Assign', 'the program must end with an assignment');
  return model.valueOf(segment, last.value);
}

function quantity(source: string): Quantity {
  const value = knownOf(source);
  assert.equal(value.kind, 'quantity');
  return value as Quantity;
}

function bounds(source: string): [number, number, number, number] {
  const { range } = quantity(source);
  return [range.lo, range.hi, range.reachesLo, range.reachesHi];
}

function inFunction(...lines: string[]): string {
  return `def f(x, y, n, flag, p, mask):\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

const INF = Number.POSITIVE_INFINITY;

describe('operations', () => {
  const cases: readonly [string, [number, number, number, number]][] = [
    ['torch.softmax(x, dim=-1)', [0, 1, 2, 2]],
    ['x.softmax(-1)', [0, 1, 2, 2]],
    ['1 - torch.sigmoid(x)', [0, 1, 2, 2]],
    ['torch.sigmoid(x) * 0.5 + 0.25', [0.25, 0.75, 2, 2]],
    ['F.relu(x) + 1', [1, INF, 2, 0]],
    ['1 + x ** 2', [1, INF, 2, 0]],
    ['x * x', [0, INF, 2, 0]],
    ['(x - x.max()).exp()', [0, 1, 0, 2]],
    ['torch.tanh(x).clamp(-0.5, 0.5)', [-0.5, 0.5, 2, 2]],
    ['torch.tensor([[0.25, 0.5], [0.75, 1.0]])', [0.25, 1, 2, 2]],
    ['torch.log_softmax(x, dim=0)', [-INF, 0, 2, 2]],
    ['np.clip(x, 0.5, 2.0)', [0.5, 2, 2, 2]],
    ['torch.zeros(3) + 2', [2, 2, 2, 2]],
    ['x + y', [-INF, INF, 0, 0]],
    ['unknown_function(x)', [-INF, INF, 0, 0]],
    ['max(1, len(x))', [1, INF, 2, 0]],
    ['-torch.softmax(x, 0)', [-1, 0, 2, 2]],
    ['nn.Sigmoid()(x)', [0, 1, 2, 2]],
    ['torch.where(x > 0, x, 1.0)', [Number.MIN_VALUE, INF, 0, 0]],
  ];
  for (const [expression, expected] of cases) {
    test(expression, () => assert.deepEqual(bounds(inFunction(`_ = ${expression}`)), expected));
  }
});

describe('flow', () => {
  const cases: readonly [string, readonly string[], [number, number, number, number]][] = [
    ['the last assignment counts', ['z = torch.sigmoid(x)', 'z = z + 2', '_ = z'], [2, 3, 2, 2]],
    ['branches join', ['z = torch.sigmoid(x)', 'if flag:', '    z = z + 2', '_ = z'], [0, 3, 2, 2]],
    [
      'a branch that leaves does not join',
      ['z = torch.sigmoid(x)', 'if flag:', '    z = x', '    return z', '_ = z'],
      [0, 1, 2, 2],
    ],
    ['a test refines', ['z = torch.relu(x)', 'if z > 0.5:', '    return z', '_ = z'], [0, 0.5, 2, 1]],
    ['an assertion refines', ['assert n >= 1', '_ = n'], [1, INF, 0, 0]],
    ['both tests of `and` hold', ['if not (n > 1 and n < 5):', '    return 0', '_ = n'], [1, 5, 0, 0]],
    ['augmented assignment', ['z = torch.sigmoid(x)', 'z += 1', '_ = z'], [1, 2, 2, 2]],
    ['in-place methods', ['z = torch.sigmoid(x)', 'z.clamp_(min=0.5)', '_ = z'], [0.5, 1, 2, 2]],
    [
      'elements chosen by a condition are replaced',
      ['z = torch.softmax(x, 0)', 'z[z < 0.5] = 0.5', '_ = z'],
      [0.5, 1, 2, 2],
    ],
    ['elements chosen by a condition are kept', ['z = torch.relu(x)', '_ = z[z >= 1]'], [1, INF, 0, 0]],
    [
      'a loop widens what it changes',
      ['z = torch.sigmoid(x)', 'for _i in range(n):', '    z = z + 1', '_ = z'],
      [0, INF, 2, 0],
    ],
    [
      'a loop leaves the rest alone',
      ['z = torch.sigmoid(x)', 'for _i in range(n):', '    w = z + 1', '_ = z'],
      [0, 1, 2, 2],
    ],
    ['tuples unpack', ['a, b = torch.sigmoid(x), 3', '_ = a + b'], [3, 4, 2, 2]],
    ['dictionaries keep their entries', ['d = {"p": torch.sigmoid(x)}', '_ = d["p"] + 1'], [1, 2, 2, 2]],
    ['conditional expressions', ['_ = torch.sigmoid(x) if flag else 2.0'], [0, 2, 2, 2]],
    ['`or` replaces a zero', ['_ = len(x) or 1'], [0, INF, 0, 0]],
    [
      'try may have got anywhere',
      ['z = 1', 'try:', '    z = torch.sigmoid(x)', 'except ValueError:', '    pass', '_ = z'],
      [0, 1, 2, 2],
    ],
    ['with runs its body', ['with torch.no_grad():', '    z = torch.sigmoid(x)', '_ = z'], [0, 1, 2, 2]],
  ];
  for (const [what, lines, expected] of cases) {
    test(what, () => assert.deepEqual(bounds(inFunction(...lines)), expected));
  }

  test('a range in which 0 is ruled out', () => {
    assert.equal(quantity(inFunction('if n == 0:', '    return 0', '_ = n')).range.excludesZero, true);
    assert.equal(quantity(inFunction('_ = len(x) or 1')).range.excludesZero, true);
  });
});

describe('loops, lists and lengths', () => {
  const cases: readonly [string, readonly string[], [number, number, number, number]][] = [
    ['a counter has no upper end', ['k = 0', 'for _i in x:', '    k += 1', '_ = k'], [0, INF, 0, 0]],
    [
      'a counter that skips reaches 0',
      ['k = 0', 'for _i in x:', '    if _i:', '        continue', '    k += 1', '_ = k'],
      [0, INF, 2, 0],
    ],
    [
      'a counter that stops early',
      ['k = 0', 'for _i in x:', '    if _i:', '        break', '    k += 1', '_ = k'],
      [0, INF, 2, 0],
    ],
    [
      'a number that is halved stays within its bounds',
      ['k = 1.0', 'for _i in x:', '    k = k * 0.5', '_ = k'],
      [0, 1, 2, 0],
    ],
    ['a number that is counted down does not', ['k = 5', 'for _i in x:', '    k -= 1', '_ = k'], [-INF, 5, 0, 0]],
    ['the length of what was appended', ['k = []', 'for _i in x:', '    k.append(_i)', '_ = len(k)'], [0, INF, 0, 0]],
    [
      'the length of what was appended now and then',
      ['k = []', 'for _i in x:', '    if _i:', '        k.append(_i)', '_ = len(k)'],
      [0, INF, 2, 0],
    ],
    ['the length of a list with a filter', ['k = [_i for _i in x if _i]', '_ = len(k)'], [0, INF, 1, 0]],
    [
      'a test of the length',
      ['k = [_i for _i in x if _i]', 'if len(k) == 0:', '    return', '_ = len(k)'],
      [1, INF, 0, 0],
    ],
    ['a test of the list', ['k = [_i for _i in x if _i]', 'if not k:', '    return', '_ = len(k)'], [1, INF, 0, 0]],
    ['a literal list', ['k = [1, 2, 3]', '_ = len(k)'], [3, 3, 2, 2]],
    ['a list that others may fill', ['k = []', 'y(k)', '_ = len(k)'], [0, INF, 0, 0]],
    [
      'an element of a list',
      ['k = []', 'for _i in x:', '    k.append(torch.sigmoid(_i))', '_ = torch.stack(k)'],
      [0, 1, 2, 2],
    ],
    ['elements of a comprehension', ['_ = sum(torch.relu(_i) for _i in x)'], [0, INF, 1, 0]],
    ['a mask that has a name', ['z = torch.relu(x)', 'm = z > 0.5', '_ = z[m]'], [0.5, INF, 0, 0]],
    ['what it leaves over', ['z = torch.relu(x)', 'm = z > 0.5', '_ = z[~m]'], [0, 0.5, 2, 1]],
    ['two masks', ['z = torch.relu(x)', 'm = torch.gt(z, 0.5) & (z < 2)', '_ = z[m]'], [0.5, 2, 0, 0]],
    [
      'a test that has a name',
      ['z = n.sum()', 'bad = not z > 0.5', 'if bad:', '    return', '_ = z'],
      [0.5, INF, 0, 0],
    ],
    [
      'branches give a name a value that tests can speak of',
      ['k = 0', 'if flag:', '    k = n', 'if k <= 2:', '    return', '_ = k'],
      [2, INF, 0, 0],
    ],
  ];
  for (const [what, lines, expected] of cases) {
    test(what, () => assert.deepEqual(bounds(inFunction(...lines)), expected));
  }

  test('what a mask selects can be nothing, unless somebody asked', () => {
    const lengthOf = (...lines: string[]) => quantity(inFunction(...lines)).length;
    assert.equal(lengthOf('_ = x[mask]')?.reachesLo, 1);
    assert.equal(lengthOf('if not mask.any():', '    return', '_ = x[mask]')?.lo, 1);
    assert.equal(lengthOf('if len(x) <= 1:', '    return', '_ = x.abs()')?.lo, 2);
    assert.equal(lengthOf('_ = x[3]'), undefined);
  });
});

describe('an exact 0 between the ends', () => {
  const cases: readonly [string, R.Reach][] = [
    ['torch.relu(x) - torch.relu(y)', 1],
    ['x - y', 0],
    ['torch.sin(x) * 2', 1],
    ['torch.tanh(x)', 1],
    ['torch.cos(x)', 0],
    ['x.cumsum(0)', 1],
    ['torch.relu(x) - 1', 0],
    ['(1.0 + torch.relu(x)) - torch.relu(y)', 0],
  ];
  for (const [expression, expected] of cases) {
    test(expression, () => assert.equal(quantity(inFunction(`_ = ${expression}`)).range.reachesZero, expected));
  }
});

describe('dtypes of sums and quotients', () => {
  const cases: readonly [string, string | undefined][] = [
    ['2 * n', undefined],
    ['2 * 3', 'integer'],
    ['2 * 3.5', 'float64'],
    ['3 / 2', undefined],
    ['torch.ones(3).long() * 2', undefined],
    ['torch.ones(3).long() * 2.5', undefined],
    ['torch.ones(3).half() * 2.5', 'float16'],
  ];
  for (const [expression, expected] of cases) {
    test(expression, () => assert.equal(quantity(inFunction(`_ = ${expression}`)).dtype, expected));
  }
});

test('Keras calls its own backend K', () => {
  const source = `from .. import backend as K\n${inFunction('_ = K.softmax(x)')}`;
  assert.deepEqual(quantity(source).range.reachesLo, 2);
});

describe('circumstances', () => {
  test('no gradient flows out of no_grad, detach or a decorated function', () => {
    assert.equal(quantity(inFunction('with torch.no_grad():', '    z = x * 2', '_ = z')).gradient, false);
    assert.equal(quantity(inFunction('_ = x.detach()')).gradient, false);
    assert.equal(quantity(`@torch.no_grad()\n${inFunction('_ = x * 2')}`).gradient, false);
    assert.equal(quantity(inFunction('_ = x * 2')).gradient, undefined);
  });

  test('autocast marks what is computed in it, and what follows from that', () => {
    const region = quantity(inFunction('with torch.autocast("cuda"):', '    z = y(x)', '_ = z / 2')).autocast;
    assert.deepEqual([region?.dtype, region?.device, region?.certain], ['float16', 'cuda', true]);
    assert.equal(
      quantity(inFunction('with torch.autocast("cpu"):', '    z = y(x)', '_ = z')).autocast?.dtype,
      'bfloat16',
    );
    assert.equal(
      quantity(inFunction('with torch.autocast("cuda", enabled=False):', '    z = y(x)', '_ = z')).autocast,
      undefined,
    );
  });

  test('dtypes', () => {
    assert.equal(quantity(inFunction('_ = x.half() * 2')).dtype, 'float16');
    assert.equal(quantity(inFunction('_ = x.to(torch.bfloat16)')).dtype, 'bfloat16');
    assert.equal(quantity(inFunction('_ = torch.zeros(3, dtype=torch.float64)')).dtype, 'float64');
    assert.equal(quantity(inFunction('_ = F.one_hot(y, 5)')).dtype, 'integer');
    assert.equal(quantity(inFunction('_ = F.one_hot(y, 5).float()')).dtype, 'float32');
  });

  test('an epsilon that the dtype cannot hold is none', () => {
    assert.deepEqual(bounds(inFunction('_ = torch.softmax(x.half(), -1) + 1e-8')), [0, 1, 2, 2]);
    assert.deepEqual(bounds(inFunction('z = torch.sigmoid(x).clamp(1e-8, 1 - 1e-8)', '_ = 1 - z')).slice(0, 1), [0]);
  });

  test('roles', () => {
    assert.equal(quantity(inFunction('_ = torch.softmax(x, 0)[0]')).role, 'probabilities');
    assert.equal(quantity(inFunction('_ = np.eye(3)[y]')).role, 'one-hot');
    assert.equal(quantity(inFunction('_ = x.argmax(1)')).role, 'class-ids');
    assert.equal(quantity(inFunction('_ = (x > 0).sum()')).role, 'count');
    assert.equal(quantity(inFunction('_ = p')).assumed, true);
    assert.equal(quantity(inFunction('_ = p + 1e-3')).range.lo, Math.fround(1e-3));
  });
});

describe('across functions', () => {
  test('what a function of the file returns, by its arguments', () => {
    const source = `def keep(v):\n    return v\n\n\n${inFunction('_ = keep(torch.sigmoid(x)) + keep(2)')}`;
    assert.deepEqual(bounds(source), [2, 3, 2, 2]);
  });

  test('what all call sites pass', () => {
    const source = `def caller(v):\n    inner(torch.sigmoid(v))\n    inner(torch.sigmoid(v) + 1)\n\n\ndef inner(z):\n    _ = z\n`;
    assert.deepEqual(bounds(source), [0, 2, 2, 2]);
  });

  test('attributes that __init__ assigns', () => {
    const source = `class Net(nn.Module):\n    def __init__(self):\n        self.act = nn.Softmax(dim=1)\n        self.eps = 1e-3\n\n    def forward(self, x):\n        _ = self.act(x) + self.eps\n`;
    assert.equal(bounds(source)[0], Math.fround(1e-3));
  });

  test('recursion ends', () => {
    const source = `def a(v):\n    return b(v)\n\n\ndef b(v):\n    return a(v)\n\n\n${inFunction('_ = a(x)')}`;
    assert.deepEqual(bounds(source), [-INF, INF, 0, 0]);
  });
});

describe('attributes that change', () => {
  const counter = (reads: string): string =>
    `class Meter:\n    def __init__(self):\n        self.n = 0\n        self.total = np.zeros(3)\n        self.scale = 2.0\n\n    def add(self, v):\n        self.n += 1\n        self.total[self.n] = v\n\n    def read(self):\n        _ = ${reads}\n`;

  test('a counter, an array that is filled and a plain number', () => {
    assert.deepEqual(bounds(counter('self.n')), [-INF, INF, 0, 0]);
    assert.deepEqual(bounds(counter('self.total')), [-INF, INF, 0, 0]);
    assert.deepEqual(bounds(counter('self.scale')), [2, 2, 2, 2]);
  });
});
