// Range arithmetic is sound: whatever lies in the operands, the result lies in the range that is given for it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { roundTo } from '../../../src/semantic/dtype';
import * as R from '../../../src/semantic/range';

/** A small generator with a seed, so that a failure can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SEED = 20261123;
const ENDS = [Number.NEGATIVE_INFINITY, -3, -1, -0.5, 0, 0.25, 1, 2, Number.POSITIVE_INFINITY];

function anyRange(next: () => number): R.Range {
  const pick = () => ENDS[Math.floor(next() * ENDS.length)] as number;
  let [lo, hi] = [pick(), pick()].sort((a, b) => a - b) as [number, number];
  if (lo === Number.POSITIVE_INFINITY) lo = 2;
  if (hi === Number.NEGATIVE_INFINITY) hi = -3;
  return R.range(lo, hi, 2, 2);
}

function sample(r: R.Range, next: () => number): number {
  const lo = Number.isFinite(r.lo) ? r.lo : Math.min(r.hi, 0) - 10;
  const hi = Number.isFinite(r.hi) ? r.hi : Math.max(r.lo, 0) + 10;
  const choice = next();
  if (choice < 0.15) return lo;
  if (choice < 0.3) return hi;
  return lo + next() * (hi - lo);
}

function holds(r: R.Range, x: number): boolean {
  const slack = 1e-9 * Math.max(1, Math.abs(x));
  return Number.isNaN(x) || (x >= r.lo - slack && x <= r.hi + slack);
}

const BINARY: readonly [string, (a: R.Range, b: R.Range) => R.Range, (a: number, b: number) => number][] = [
  ['add', R.add, (a, b) => a + b],
  ['subtract', R.subtract, (a, b) => a - b],
  ['multiply', R.multiply, (a, b) => a * b],
  ['divide', R.divide, (a, b) => a / b],
  ['atLeast', R.atLeast, Math.max],
  ['atMost', R.atMost, Math.min],
  ['join', R.join, (a) => a],
];

describe('a result lies in the range of the results', () => {
  for (const [name, onRanges, onNumbers] of BINARY) {
    test(name, () => {
      const next = random(SEED);
      for (let i = 0; i < 20_000; i++) {
        const [a, b] = [anyRange(next), anyRange(next)];
        const [x, y] = [sample(a, next), sample(b, next)];
        const result = onRanges(a, b);
        const value = onNumbers(x, y);
        // x / 0 is Inf or NaN, which is what the range of a denominator that reaches 0 stands for.
        if (name === 'divide' && y === 0) continue;
        assert.ok(
          holds(result, value),
          `${name}(${x} in ${a.lo}..${a.hi}, ${y} in ${b.lo}..${b.hi}) = ${value}, not in ${result.lo}..${result.hi}`,
        );
      }
    });
  }

  test('even functions', () => {
    const next = random(SEED);
    for (let i = 0; i < 20_000; i++) {
      const a = anyRange(next);
      const x = sample(a, next);
      assert.ok(holds(R.even(a, Math.abs, 2), Math.abs(x)));
      assert.ok(
        holds(
          R.even(a, (v) => v * v, 2),
          x * x,
        ),
      );
    }
  });

  test('what a condition leaves over', () => {
    const next = random(SEED);
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [anyRange(next), anyRange(next)];
      const x = sample(a, next);
      if (holds(b, x)) assert.ok(holds(R.intersect(a, b), x));
    }
  });
});

describe('which ends are reached', () => {
  test('a sum reaches its end only as surely as both summands do', () => {
    assert.equal(R.add(R.UNIT, R.constant(1e-8)).reachesLo, 2);
    assert.equal(R.add(R.UNIT, R.ANY).reachesLo, 0);
  });

  test('one factor that is exactly 0 is enough', () => {
    const product = R.multiply(R.UNIT, R.range(0.5, 2, 0, 0));
    assert.deepEqual([product.lo, product.reachesLo], [0, 2]);
  });

  test('a clamp below makes the bound itself a value', () => {
    assert.deepEqual(R.atLeast(R.ANY, R.constant(0)), R.range(0, Number.POSITIVE_INFINITY, 2, 0));
    assert.equal(R.atLeast(R.range(0.5, 1, 2, 2), R.constant(0)).lo, 0.5);
  });

  test('a join keeps the surer evidence for a shared end', () => {
    assert.equal(R.join(R.range(0, 1, 0, 0), R.range(0, 5, 2, 0)).reachesLo, 2);
  });
});

describe('constants in a dtype', () => {
  // Each checked against torch: torch.tensor(x, dtype=...).item().
  const cases: readonly [number, Parameters<typeof roundTo>[1], number][] = [
    [1e-8, 'float16', 0],
    [1e-7, 'float16', 1.1920928955078125e-7],
    [6e-5, 'float16', 6.002187728881836e-5],
    [1e-8, 'bfloat16', 1.0011717677116394e-8],
    [1 - 1e-8, 'float32', 1],
    [1 - 1e-7, 'float32', 0.99999988079071045],
    [1 - 1e-4, 'float16', 1],
    [1e-45, 'float32', 1.4012984643248171e-45],
    [1e-46, 'float32', 0],
    [70000, 'float16', Number.POSITIVE_INFINITY],
    [-1e9, 'float16', Number.NEGATIVE_INFINITY],
    [0.1, 'float64', 0.1],
  ];
  for (const [x, dtype, expected] of cases) {
    test(`${x} in ${dtype}`, () => assert.equal(roundTo(x, dtype), expected));
  }

  test('float32 agrees with Math.fround everywhere', () => {
    const next = random(SEED);
    for (let i = 0; i < 20_000; i++) {
      const x = (next() - 0.5) * 10 ** (next() * 80 - 44);
      const rounded = roundTo(x, 'float32');
      const exact = Math.fround(x);
      // Halfway cases may go the other way; nothing rests on them.
      assert.ok(
        rounded === exact || Math.abs(rounded - exact) <= Math.abs(exact) * 2 ** -23 + 2 ** -149,
        `${x}: ${rounded}, not ${exact}`,
      );
    }
  });
});
