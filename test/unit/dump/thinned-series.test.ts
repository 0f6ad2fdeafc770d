// Thinning a long series loses no extreme and no beginning or end of a run that is not finite.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThinnedSeries } from '../../../src/dump/thinned-series';
import { Random } from './random';

test('a short series is kept whole', () => {
  const series = new ThinnedSeries('loss');
  const values = [1, Number.NaN, Number.POSITIVE_INFINITY, -2, Number.NEGATIVE_INFINITY];
  values.forEach((value, step) => {
    series.push(step, value);
  });
  assert.deepEqual(series.toSeries('loss'), { name: 'loss', steps: [0, 1, 2, 3, 4], values, total: 5 });
});

test('extremes, first and last, and the first NaN survive any length', () => {
  const random = new Random(13);
  for (let round = 0; round < 6; round++) {
    const length = 20_000 + random.below(60_000);
    const values = Array.from({ length }, () => random.next());
    const lowest = random.below(length);
    const highest = random.below(length);
    const nanFrom = random.below(length - 100);
    const infAt = random.below(length);
    values[lowest] = -5;
    values[highest] = 7;
    for (let i = nanFrom; i < nanFrom + 50; i++) values[i] = Number.NaN;
    values[infAt] = Number.POSITIVE_INFINITY;
    const series = new ThinnedSeries('loss');
    values.forEach((value, step) => {
      series.push(step, value);
    });
    const { steps, values: kept, total } = series.toSeries('loss');
    assert.equal(total, length);
    assert.ok(kept.length < 10_000);
    assert.deepEqual([steps[0], steps.at(-1)], [0, length - 1]);
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
    steps.forEach((step, i) => {
      assert.ok(Object.is(kept[i], values[step]), 'a reading was changed');
    });
    const finite = values.filter(Number.isFinite);
    const keptFinite = kept.filter(Number.isFinite);
    assert.equal(
      Math.min(...keptFinite),
      finite.reduce((a, b) => Math.min(a, b)),
    );
    assert.equal(
      Math.max(...keptFinite),
      finite.reduce((a, b) => Math.max(a, b)),
    );
    const firstNan = values.findIndex(Number.isNaN);
    assert.equal(steps[kept.findIndex(Number.isNaN)], firstNan);
    assert.ok(kept.includes(Number.POSITIVE_INFINITY));
  }
});

test('a series that is nothing but NaN stays small', () => {
  const series = new ThinnedSeries('loss');
  for (let step = 0; step < 100_000; step++) series.push(step, step % 2 === 0 ? Number.NaN : Number.POSITIVE_INFINITY);
  const { values, total } = series.toSeries('loss');
  assert.equal(total, 100_000);
  assert.ok(values.length <= 8192);
});
