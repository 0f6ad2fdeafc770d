// The largest number of a type, under each of its names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largestFinite } from '../../../src/dump/dtype-limit';

test('a type has its limit whatever a framework calls it', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['float16', 65_504],
    ['torch.float16', 65_504],
    ['torch.half', 65_504],
    ['F16', 65_504],
    ['bfloat16', 2 ** 127 * (2 - 2 ** -7)],
    ['tf.bfloat16', 2 ** 127 * (2 - 2 ** -7)],
    ['float32', 2 ** 127 * (2 - 2 ** -23)],
    ['complex64', 2 ** 127 * (2 - 2 ** -23)],
    ['np.float64', Number.MAX_VALUE],
    ['torch.float8_e4m3fn', 448],
    ['F8_E4M3', 448],
    ['float8_e5m2', 57_344],
    [' Float32 ', 2 ** 127 * (2 - 2 ** -23)],
  ];
  for (const [dtype, limit] of cases) assert.equal(largestFinite(dtype), limit, dtype);
});

test('what has no infinity has no limit to hold a number against, and no name is taken for another', () => {
  for (const dtype of [null, '', 'int64', 'bool', 'torch.', '__proto__', 'constructor', 'x'.repeat(1e6)]) {
    assert.equal(largestFinite(dtype), null);
  }
});
