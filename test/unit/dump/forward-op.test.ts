// Why an operation gives NaN or infinity: said only where its inputs prove it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainForward, type InputEvidence } from '../../../src/dump/forward-op';

const unknown: InputEvidence = { name: 'x', size: 8, zeros: null, negatives: null, min: null, max: null };

test('an input that proves it gives the reason and the rule', () => {
  const known: readonly (readonly [string, readonly InputEvidence[], string, RegExp])[] = [
    ['Log', [{ ...unknown, zeros: 2 }], 'NAN101', /2 of the 8 elements of its input x are exactly 0/],
    ['log', [{ ...unknown, min: -0.5 }], 'NAN101', /goes down to -0\.5000/],
    ['RealDiv', [unknown, { ...unknown, zeros: 1 }], 'NAN102', /1 of the 8 elements of its input x is exactly 0/],
    ['__truediv__', [unknown, { ...unknown, name: 'input[1]', min: 0 }], 'NAN102', /its input\[1\] reaches exactly 0/],
    ['rsqrt', [{ ...unknown, min: 0 }], 'NAN102', /exactly 0/],
    ['Sqrt', [{ ...unknown, negatives: 8, size: null }], 'NAN103', /8 elements of its input x are negative/],
    ['exp', [{ ...unknown, max: 400 }], 'NAN104', /reaches 400\.0/],
    ['acos', [{ ...unknown, max: 1.0001 }], 'NAN105', /reaches 1\.000/],
  ];
  for (const [name, inputs, rule, why] of known) {
    const explanation = explainForward(name, inputs);
    assert.deepEqual(explanation.rules, [rule]);
    assert.match(explanation.why ?? '', why);
  }
});

test('inputs that prove nothing give none', () => {
  for (const [name, inputs] of [
    ['Log', [unknown]],
    ['Log', [{ ...unknown, zeros: 0, min: 0.1 }]],
    ['div', [{ ...unknown, zeros: 3 }, unknown]],
    ['Sqrt', [{ ...unknown, min: 0 }]],
    ['exp', [{ ...unknown, max: 3 }]],
    ['MatMul', [{ ...unknown, zeros: 5 }]],
    ['log', []],
  ] as const) {
    assert.deepEqual(explainForward(name, inputs), { rules: [], why: null });
  }
});
