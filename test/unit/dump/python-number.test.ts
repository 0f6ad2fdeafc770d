// Numbers as Python prints them come back as the same double.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePythonNumber } from '../../../src/dump/python-number';
import { Random } from './random';

test('nan and inf in every spelling', () => {
  for (const text of [
    'nan',
    'NaN',
    '-nan',
    '+nan',
    "'nan'",
    '"nan"',
    'tensor(nan)',
    "tensor(nan, device='cuda:0')",
    'np.float64(nan)',
    'array(nan, dtype=float32)',
  ]) {
    assert.equal(parsePythonNumber(text), Number.NaN, text);
  }
  for (const text of ['inf', '+inf', 'Infinity', "'inf'", 'tensor(inf, grad_fn=<MeanBackward0>)', 'np.float32(inf)']) {
    assert.equal(parsePythonNumber(text), Number.POSITIVE_INFINITY, text);
  }
  for (const text of ['-inf', '-Infinity', "'-inf'", 'np.float64(-inf)']) {
    assert.equal(parsePythonNumber(text), Number.NEGATIVE_INFINITY, text);
  }
});

test('what is no number is none', () => {
  for (const text of ['', 'nano', 'info', 'banana', '1.2.3', '0:40', 'nan_filter', '--3', 'tensor()', '1e', '[nan]']) {
    assert.equal(parsePythonNumber(text), null, text);
  }
});

test('finite numbers in the formats of a training print', () => {
  const random = new Random(3);
  for (let i = 0; i < 500; i++) {
    const value = (random.next() - 0.5) * 10 ** (random.below(60) - 30);
    for (const text of [String(value), value.toExponential(6), value.toFixed(4)]) {
      assert.equal(parsePythonNumber(text), Number(text), text);
    }
  }
  assert.equal(parsePythonNumber('1_000.5'), 1000.5);
  assert.equal(parsePythonNumber('5.'), 5);
  assert.equal(parsePythonNumber('.5'), 0.5);
});
