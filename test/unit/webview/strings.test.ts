// The page's texts: filled in place, translated whole, and none of them empty.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { english, fill, translateStrings } from '../../../src/protocol/strings';
import { formatBytes, formatValue } from '../../../src/webview/number-format';

test('values go into their places; places without a value stay', () => {
  assert.equal(fill('{1} of {0}', 'a', 2), '2 of a');
  assert.equal(fill('{0} {2}', '{1}'), '{1} {2}');
});

test('a translation has the same places as the English text', () => {
  const table = translateStrings((text) => text.toUpperCase());
  assert.deepEqual(Object.keys(table), Object.keys(english));
  assert.equal(table.goToLine, 'GO TO LINE');
  for (const text of Object.values(english)) assert.notEqual(text.trim(), '');
});

test('a number is short, and says of itself when it is none', () => {
  const cases: readonly (readonly [Parameters<typeof formatValue>[0], string])[] = [
    [0, '0'],
    [237, '237'],
    [-3, '−3'],
    [0.31283123, '0.31283'],
    [0.00001234567, '1.2346e-5'],
    [1e30, '1e30'],
    [65504, '65504'],
    [12345678.9, '1.2346e7'],
    ['NaN', 'NaN'],
    ['Infinity', '+Inf'],
    ['-Infinity', '−Inf'],
  ];
  for (const [value, text] of cases) assert.equal(formatValue(value), text);
});

test('a rounded number never turns into another order of magnitude', () => {
  for (let power = -300; power <= 300; power += 7) {
    for (const digits of [1, 1.23456789, 9.99999999]) {
      const value = digits * 10 ** power;
      const back = Number(formatValue(value).replace('−', '-'));
      assert.ok(Math.abs(back / value - 1) < 1e-4, `${value} reads ${formatValue(value)}`);
    }
  }
});

test('sizes read as file managers write them', () => {
  assert.equal(formatBytes(999), '999 B');
  assert.equal(formatBytes(1_400_000), '1.4 MB');
});
