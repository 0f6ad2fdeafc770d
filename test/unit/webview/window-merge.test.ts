// A fine stretch within its overview: nothing twice, nothing missing, no non-finite run lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderSeries, seriesWindow } from '../../../src/extension/features/dump-viewer/series-window';
import { barLength } from '../../../src/webview/magnitude';
import { mergeWindows, nearestIndex } from '../../../src/webview/window-merge';

const values = Array.from({ length: 20_000 }, (_, i) => Math.sin(i / 90));
values[4000] = Number.NaN;
for (let i = 9000; i < 11_000; i++) values[i] = Number.POSITIVE_INFINITY;
values[15_000] = Number.NEGATIVE_INFINITY;
const series = orderSeries({ name: 'loss', steps: values.map((_, i) => i), values });
const overview = seriesWindow(series, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 300);

test('the stretch is fine, the rest stays, and x goes forwards', () => {
  const merged = mergeWindows(overview, seriesWindow(series, 5000, 7000, 1500));
  assert.equal(merged.x.length, merged.y.length);
  assert.ok(merged.x.every((x, i) => i === 0 || x > (merged.x[i - 1] ?? 0)));
  assert.equal(merged.x.filter((x) => x >= 5000 && x <= 7000).length, 2001);
  assert.deepEqual([merged.from, merged.to, merged.count], [0, 19_999, 20_000]);
});

test('runs that reach beyond the stretch stay whole, and none is told twice', () => {
  for (const [from, to] of [
    [9500, 10_500],
    [3000, 9500],
    [0, 19_999],
    [12_000, 13_000],
  ] as const) {
    const merged = mergeWindows(overview, seriesWindow(series, from, to, 1500));
    assert.deepEqual(
      merged.runs.map(({ kind, from: first, to: last, count }) => [kind, first, last, count]),
      [
        ['nan', 4000, 4000, 1],
        ['inf', 9000, 10_999, 2000],
        ['-inf', 15_000, 15_000, 1],
      ],
      `${from} to ${to}`,
    );
  }
});

test('a stretch without readings changes nothing', () => {
  assert.equal(mergeWindows(overview, seriesWindow(series, 30_000, 40_000, 10)), overview);
});

test('the nearest reading is found', () => {
  const window = { ...overview, x: [0, 10, 20], y: [1, 2, 3] };
  assert.deepEqual(
    [-5, 4, 6, 19, 99].map((x) => nearestIndex(window, x)),
    [0, 0, 1, 2, 2],
  );
  assert.equal(nearestIndex({ ...window, x: [] }, 1), null);
});

test('a bar is empty where numbers vanish, full at the limit, and logarithmic between', () => {
  assert.equal(barLength(0, 65_504), 0);
  assert.equal(barLength(65_504, 65_504), 100);
  assert.equal(barLength(1e300, 65_504), 100);
  const [one, ten, hundred] = [1, 10, 100].map((absMax) => barLength(absMax, 65_504)) as [number, number, number];
  assert.ok(Math.abs(hundred - ten - (ten - one)) < 1e-9);
});
