// Which lines get a breakpoint that stops at a NaN, and what each looks at.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Analyzer } from '../../../src/analyzer/analyzer';
import { conditionOf, isOurCondition } from '../../../src/analyzer/breakpoints/condition';
import type { PlanOptions } from '../../../src/analyzer/breakpoints/plan';
import { binaries, TRICKY_SOURCES } from '../syntax/python-parser';

let analyzer: Analyzer;
before(async () => {
  analyzer = await Analyzer.create(binaries);
});

const everything = { target: { kind: 'everything' }, infinities: false, taken: [] } as const;

/** "line: what it stops at, with the line that makes it". */
function planned(source: string, options: Partial<Omit<PlanOptions, 'kindOf'>> = {}): string[] {
  const { breakpoints } = analyzer.planBreakpoints(source, { ...everything, ...options });
  return breakpoints.map(
    ({ line, values }) =>
      `${line}: ${values.map(({ name, line: made, stopsAt }) => `${name}@${made}${stopsAt === 'nan' ? '' : ` ${stopsAt}`}`).join(', ')}`,
  );
}

const TRAINING = `import torch
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    out = model(x)
    loss = (out - y).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    total = loss * 2

def entropy(p):
    q = p.clamp(min=1e-6)
    return -(q * torch.log(q)).sum()

def plain(a):
    return len(a)
`;

describe('the plan', () => {
  test('puts a value on the line that runs next, the loss before backward, gradients before the step', () => {
    assert.deepEqual(planned(TRAINING), [
      '4: total@10',
      '6: out@5',
      '7: loss@6',
      '8: loss@8 nonFinite',
      '9: optimizer@9 gradients',
      '14: q@13, -(q * torch.log(q)).sum()@14',
    ]);
  });

  test('looks at the selected lines only, and at one function where one is named', () => {
    assert.deepEqual(planned(TRAINING, { target: { kind: 'lines', first: 5, last: 5 } }), ['6: out@5']);
    assert.deepEqual(planned(TRAINING, { target: { kind: 'function', name: 'entropy' } }), [
      '14: q@13, -(q * torch.log(q)).sum()@14',
    ]);
    const { breakpoints, problems } = analyzer.planBreakpoints(TRAINING, {
      ...everything,
      target: { kind: 'function', name: 'nobody' },
    });
    assert.deepEqual(breakpoints, []);
    assert.match(problems[0] ?? '', /there is no function nobody/);
  });

  test('stops at Inf too where that is wanted', () => {
    assert.deepEqual(planned(TRAINING, { infinities: true, target: { kind: 'lines', first: 5, last: 5 } }), [
      '6: out@5 nonFinite',
    ]);
  });

  test('computes nothing twice that draws or counts', () => {
    const returned = (expression: string) =>
      planned(`import torch\nimport torch.nn.functional as F\ndef f(x):\n    return ${expression}\n`);
    assert.deepEqual(returned('torch.log(x)'), ['4: torch.log(x)@4']);
    for (const once of [
      'F.dropout(torch.log(x))',
      'torch.log(x).mul_(2)',
      'torch.exp(x, out=x)',
      'F.relu(x, inplace=True)',
    ]) {
      assert.deepEqual(returned(once), [], once);
    }
  });

  test('leaves alone what is NaN or infinite on purpose', () => {
    const source =
      'import numpy as np\ndef f(n, x):\n    best = np.full(n, -np.inf)\n    kept = np.full(n, np.nan)\n    y = np.log(x)\n    return 1\n';
    assert.deepEqual(planned(source), ['6: y@5']);
  });

  test('says what the value is made of', () => {
    const source =
      'import torch\ndef f(self, x, y):\n    x = torch.log(self.net(x, y.data)) / self.scale[0]\n    return 1\n';
    const [first] = analyzer.planBreakpoints(source, everything).breakpoints;
    assert.deepEqual(first?.values[0]?.madeOf, ['y.data', 'self.scale']);
  });

  test('never throws, and every planned line is there', () => {
    for (const source of [...TRICKY_SOURCES, TRAINING.slice(0, 150), TRAINING.replaceAll('\n', '\r\n')]) {
      const { breakpoints } = analyzer.planBreakpoints(source, everything);
      const count = source.split(/\r\n|\r|\n/).length;
      for (const { line } of breakpoints) assert.ok(line >= 1 && line <= count);
    }
  });
});

describe('a condition', () => {
  const watched = { nan: ['h', 'out["a"]'], nonFinite: ['loss'], gradients: ['optimizer'] };

  test('begins with what it is about, by which it is known again', () => {
    const condition = conditionOf(watched);
    assert.ok(condition.startsWith(`"NaN Lens: h, out['a'], loss, gradients of optimizer" and `), condition);
    assert.ok(
      condition.endsWith('.stops(globals(), locals(), nan=["h", "out[\\"a\\"]"], inf=["loss"], grad=["optimizer"])'),
    );
    assert.ok(isOurCondition(condition));
    assert.ok(!isOurCondition('loss > 3'));
    assert.ok(!isOurCondition(undefined));
  });
});
