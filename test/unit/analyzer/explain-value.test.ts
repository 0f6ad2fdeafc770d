// What is told of a value: the range that holds at all times, what is only presumed, where it breaks, and why.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Analyzer } from '../../../src/analyzer/analyzer';
import type { ValueExplanation } from '../../../src/analyzer/explain-value/explanation';
import { binaries } from '../syntax/python-parser';

let analyzer: Analyzer;
before(async () => {
  analyzer = await Analyzer.create(binaries);
});

const TORCH = 'import torch\nimport torch.nn.functional as F\n';

/** The source with `«` before the place that is pointed at. */
function at(marked: string): ValueExplanation | undefined {
  const source = TORCH + marked;
  const offset = source.indexOf('«');
  assert.ok(offset >= 0);
  return analyzer.explainValue(source.replace('«', ''), offset);
}

function toldOf(marked: string): ValueExplanation {
  const told = at(marked);
  assert.ok(told, `nothing is told of ${marked}`);
  return told;
}

describe('what is told', () => {
  test('of a softmax: range, role and the reason with its place', () => {
    const told = toldOf('def f(x):\n    p = torch.softmax(x, dim=-1)\n    return torch.log(«p)\n');
    assert.deepEqual(told.range, { lo: 0, hi: 1, reachesLo: true, reachesHi: true, zero: 'occurs' });
    assert.equal(told.role, 'probabilities');
    assert.equal(told.text, 'p');
    assert.equal(told.presumed, undefined);
    assert.deepEqual(
      told.because.map(({ message }) => message),
      ['softmax gives 0 where a score is far below the largest'],
    );
  });

  test('of a call, by its callee: where it breaks', () => {
    const told = toldOf('def f(x):\n    p = torch.softmax(x, dim=-1)\n    return torch.«log(p)\n');
    assert.equal(told.text, 'torch.log(…)');
    assert.deepEqual(told.dangers, [{ effect: 'infinite', operand: 'p', when: 'zero' }]);
  });

  test('of a name that holds such a call', () => {
    const told = toldOf('def f(x):\n    y = torch.log(torch.relu(x))\n    return «y\n');
    assert.deepEqual(told.dangers, [{ effect: 'infinite', operand: 'torch.relu(x)', when: 'zero' }]);
  });

  test('of an operator', () => {
    const told = toldOf('def f(x):\n    return x «/ x.norm()\n');
    assert.deepEqual(told.dangers, [{ effect: 'not finite', operand: 'x.norm()', when: 'zero' }]);
  });

  test('of a root, whose gradient breaks', () => {
    const [danger] = toldOf('def f(x):\n    return torch.«sqrt((x ** 2).sum())\n').dangers;
    assert.deepEqual(danger, { effect: 'gradient', operand: '(x ** 2).sum()', when: 'zero' });
  });

  test('of half precision and of what is detached', () => {
    const told = toldOf('def f(x):\n    h = x.half().detach()\n    return «h\n');
    assert.equal(told.dtype, 'float16');
    assert.equal(told.stopsGradient, true);
  });

  test('of autocast, with the line of the region', () => {
    const told = toldOf(
      'def f(model, x):\n    with torch.autocast("cuda", dtype=torch.float16):\n        y = model(x)\n    return «y\n',
    );
    assert.equal(told.autocast?.dtype, 'float16');
  });
});

describe('what is certain, and what is presumed', () => {
  test('a default is only presumed', () => {
    const told = toldOf('def f(x, eps=1e-6):\n    y = x.clamp(min=eps)\n    return «y\n');
    assert.equal(told.range, undefined);
    assert.equal(told.presumed?.range?.lo, Math.fround(1e-6));
  });

  test('so is what this file passes', () => {
    const told = toldOf('def f(v):\n    return torch.log(«v)\n\ndef g(x):\n    return f(torch.sigmoid(x))\n');
    assert.equal(told.range, undefined);
    assert.equal(told.presumed?.range?.hi, 1);
  });

  test('so is what a name says', () => {
    const told = toldOf('def f(probs):\n    return torch.log(«probs)\n');
    assert.equal(told.range, undefined);
    assert.equal(told.role, undefined);
    assert.equal(told.presumed?.role, 'probabilities');
  });

  test('inside where, an operand holds the other elements too', () => {
    assert.equal(at('def f(v):\n    return torch.where(v > 0, «v, 1.0)\n'), undefined);
    assert.equal(at('def f(v):\n    return v.masked_fill(v < 0, 0.0).log() + «v\n'), undefined);
  });

  test('a test that has been passed holds', () => {
    const told = toldOf('def f(x):\n    n = x.sum()\n    if n > 0:\n        return 1 / «n\n');
    assert.ok(told.range && told.range.lo > 0, JSON.stringify(told.range));
  });
});

describe('nothing is told', () => {
  for (const [name, marked] of Object.entries({
    'of what is unknown': 'def f(x):\n    return «x\n',
    'of a literal': 'x = torch.ones(3) * «2.0\n',
    'of a constant where it is written': '«eps = 1e-8\n',
    'of a comment': 'x = torch.rand(3)  # «x\n',
    'of white space': 'x =« torch.rand(3)\n',
    'of a string': 's = "«x"\n',
    'of a module': 'x = «torch.rand(3)\n',
    'of a keyword argument': 'p = torch.softmax(x, «dim=-1)\n',
    'of what an assignment in place leaves': 'x = torch.rand(3)\n«x -= 1\n',
    'at the end of the file': 'x = torch.rand(3)\n«',
  })) {
    test(name, () => assert.equal(at(marked), undefined));
  }

  test('in a file that uses no numbers', () => {
    assert.equal(analyzer.explainValue('p = len(x)\nprint(p)\n', 17), undefined);
  });
});

test('a name is told of in another cell, with the cell of the reason', () => {
  const cells = ['%matplotlib inline\nimport torch', 'p = torch.sigmoid(x)', 'y = torch.log(p)'];
  const told = analyzer.explainNotebookValue(cells, 2, 'y = torch.log('.length);
  assert.equal(told?.cell, 2);
  assert.deepEqual(told?.span, { start: 14, end: 15 });
  assert.equal(told?.because[0]?.cell, 1);
  assert.deepEqual(told?.because[0]?.span, { start: 4, end: 20 });
  assert.equal(analyzer.explainNotebookValue(cells, 7, 0), undefined);
});

test('what is told does not depend on what was analysed before', () => {
  const source = `${TORCH}def f(v):\n    return torch.log(v)\n\ndef g(x):\n    return f(torch.sigmoid(x))\n`;
  const offset = source.indexOf('v)\n\n');
  const first = analyzer.explainValue(source, offset);
  analyzer.analyze(source, { select: [], ignore: [], minConfidence: 'likely', severity: {} });
  assert.deepEqual(analyzer.explainValue(source, offset), first);
});
