// Thinning loses no extreme and no reading that is not finite, however long or broken the series.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderSeries, seriesView, seriesWindow } from '../../../src/extension/features/dump-viewer/series-window';
import type { SeriesWindow } from '../../../src/protocol/dump-view';

/** A small generator, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const broken = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function randomSeries(seed: number, length: number, share: number) {
  const next = random(seed);
  const values = Array.from({ length }, () => {
    if (next() < share) return broken[Math.floor(next() * 3)] ?? Number.NaN;
    return (next() - 0.5) * 10 ** (next() * 20 - 10);
  });
  let step = Math.floor(next() * 100);
  const steps = values.map(() => {
    step += Math.floor(next() * 3);
    return step;
  });
  return { name: 'loss', steps, values };
}

function counts(values: readonly number[]) {
  return {
    nan: values.filter(Number.isNaN).length,
    inf: values.filter((value) => value === Number.POSITIVE_INFINITY).length,
    '-inf': values.filter((value) => value === Number.NEGATIVE_INFINITY).length,
  };
}

function countsOf({ runs }: SeriesWindow) {
  const total = { nan: 0, inf: 0, '-inf': 0 };
  for (const run of runs) total[run.kind] += run.count;
  return total;
}

test('of any series, every extreme and every non-finite reading survives', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const length = [0, 1, 2, 7, 500, 20_000][seed % 6] ?? 0;
    const share = [0, 0.001, 0.3, 1][seed % 4] ?? 0;
    const series = randomSeries(seed, length, share);
    const buckets = [1, 10, 1500][seed % 3] ?? 1;
    const window = seriesWindow(orderSeries(series), -1e12, 1e12, buckets);
    const finite = series.values.filter(Number.isFinite);
    const shown = window.y.filter((value) => value !== null);
    assert.equal(window.count, length);
    assert.equal(window.x.length, window.y.length);
    assert.ok(window.x.length <= Math.max(3 * buckets, 3), `seed ${seed}: ${window.x.length} points`);
    assert.ok(window.runs.length <= Math.max(9 * buckets, 9), `seed ${seed}: ${window.runs.length} runs`);
    assert.deepEqual(countsOf(window), counts(series.values), `seed ${seed}`);
    if (finite.length > 0) {
      assert.equal(
        Math.min(...shown),
        finite.reduce((a, b) => Math.min(a, b)),
        `seed ${seed}`,
      );
      assert.equal(
        Math.max(...shown),
        finite.reduce((a, b) => Math.max(a, b)),
        `seed ${seed}`,
      );
    }
    for (let i = 1; i < window.x.length; i++) assert.ok((window.x[i] ?? 0) >= (window.x[i - 1] ?? 0));
    for (const { from, to } of window.runs) assert.ok(from <= to);
  }
});

test('the line breaks wherever a reading is not finite', () => {
  const window = seriesWindow(
    orderSeries({
      name: 'loss',
      steps: [1, 2, 3, 4, 5, 6],
      values: [3, 2, Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, 1],
    }),
    0,
    10,
    100,
  );
  assert.deepEqual(window.y, [3, 2, null, null, null, 1]);
  assert.deepEqual(window.runs, [
    { kind: 'nan', from: 3, to: 4, count: 2 },
    { kind: 'inf', from: 5, to: 5, count: 1 },
  ]);
});

test('a window holds what lies in it, both ends included', () => {
  const values = Array.from({ length: 100 }, (_, i) => i);
  const series = orderSeries({ name: 'loss', steps: values.map((i) => i * 10), values });
  const window = seriesWindow(series, 200, 300, 1500);
  assert.deepEqual([window.from, window.to, window.count, window.thinned], [200, 300, 11, false]);
  assert.equal(seriesWindow(series, 201, 209, 1500).count, 0);
});

test('steps that go backwards or are missing are not drawn as if they were in order', () => {
  assert.equal(orderSeries({ name: 'loss', steps: [1, 2, 1, 2], values: [4, 3, 4, 3] }).axis, 'reading');
  assert.equal(orderSeries({ name: 'loss', steps: [], values: [4, 3] }).axis, 'reading');
  assert.equal(orderSeries({ name: 'loss', steps: [1, Number.NaN], values: [4, 3] }).axis, 'reading');
  assert.deepEqual(orderSeries({ name: 'loss', steps: [5, 5, 9], values: [4, 3, 2] }).x, [5, 5, 9]);
});

test('the step of the failure is marked where no reading shows it, and only on an axis of steps', () => {
  const failedAt = (steps: number[], values: number[], step: number | null) =>
    seriesView(orderSeries({ name: 'loss', steps, values }), step).failedAt;
  assert.equal(failedAt([1, 2, 3], [3, 2, 1], 4), 4);
  assert.equal(failedAt([1, 2, 3], [3, 2, 1], 3), 3);
  assert.equal(failedAt([1, 2, 3], [3, 2, Number.NaN], 3), null);
  assert.equal(failedAt([5, 6], [3, 2], 4), null);
  assert.equal(failedAt([1, 2, 1], [3, 2, 1], 4), null);
  assert.equal(failedAt([1, 2], [3, 2], null), null);
  assert.equal(failedAt([], [], 4), null);
});

test('a view knows its extremes, and its last finite reading before the run died', () => {
  const view = seriesView(orderSeries({ name: 'loss', steps: [1, 2, 3, 4], values: [2, 5, 1, Number.NaN] }));
  assert.deepEqual(view.lowest, { x: 3, value: 1 });
  assert.deepEqual(view.highest, { x: 2, value: 5 });
  assert.deepEqual(view.lastFinite, { x: 3, value: 1 });
  assert.equal(view.nonFinite, 1);
  const dead = seriesView(orderSeries({ name: 'loss', steps: [1], values: [Number.NaN] }));
  assert.equal(dead.lowest, null);
});
