// Thins a series out to what a chart can draw, keeping every extreme and every reading that is not finite.

import type { Series } from '../../../dump/model';
import type { NonFiniteRun, SeriesPoint, SeriesView, SeriesWindow } from '../../../protocol/dump-view';

/** Buckets of the first picture: about one for each device pixel of a wide chart. */
export const overviewBuckets = 1500;

/** A series whose x never goes backwards, which is what charts need. */
export interface OrderedSeries {
  readonly name: string;
  readonly axis: 'step' | 'reading';
  readonly x: readonly number[];
  readonly values: readonly number[];
  /** Readings of the artefact; more than `values` where the reader had to thin them out. */
  readonly total: number;
}

/** Uses the artefact's own steps where they are in order (restarts and merged ranks go backwards), else counts readings. */
export function orderSeries(series: Series): OrderedSeries {
  const { name, steps, values } = series;
  const total = Math.max(series.total ?? 0, values.length);
  const inOrder =
    steps.length === values.length &&
    steps.every((step, i) => Number.isFinite(step) && (i === 0 || step >= (steps[i - 1] ?? step)));
  return inOrder
    ? { name, axis: 'step', x: steps, values, total }
    : { name, axis: 'reading', x: values.map((_, i) => i), values, total };
}

/** @param failureStep step of the run's first anomaly, where the artefact says it. */
export function seriesView(series: OrderedSeries, failureStep: number | null = null): SeriesView {
  const { x, values } = series;
  let lowest: SeriesPoint | null = null;
  let highest: SeriesPoint | null = null;
  let lastFinite: SeriesPoint | null = null;
  let nonFinite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      nonFinite++;
      continue;
    }
    const point = { x: x[i] ?? i, value };
    if (lowest === null || value < lowest.value) lowest = point;
    if (highest === null || value > highest.value) highest = point;
    lastFinite = point;
  }
  return {
    name: series.name,
    axis: series.axis,
    count: series.total,
    countsAreExact: series.total === values.length,
    nonFinite,
    lowest,
    highest,
    lastFinite,
    failedAt: failureStep !== null && isNews(series, failureStep) ? failureStep : null,
    overview: seriesWindow(series, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, overviewBuckets),
  };
}

/** Whether a failure at this step lies on the series' own axis, not before it and not where a reading shows it. */
function isNews({ axis, x, values }: OrderedSeries, step: number): boolean {
  const [start] = x;
  if (axis !== 'step' || start === undefined || step < start) return false;
  for (let i = lowerBound(x, step); i < x.length && x[i] === step; i++) {
    if (!Number.isFinite(values[i])) return false;
  }
  return true;
}

/** The readings with `from <= x <= to`. At most `3 * buckets` points and as many runs come out. */
export function seriesWindow(series: OrderedSeries, from: number, to: number, buckets: number): SeriesWindow {
  const { x, values } = series;
  const first = lowerBound(x, from);
  const end = upperBound(x, to);
  const count = Math.max(0, end - first);
  const size = Math.max(1, Math.ceil(count / Math.max(1, buckets)));
  const thinned = size > 1 && count > 3 * buckets;
  const outX: number[] = [];
  const outY: (number | null)[] = [];
  for (let start = first; start < end; start += thinned ? size : 1) {
    const stop = Math.min(end, start + (thinned ? size : 1));
    for (const i of keptIndices(values, start, stop)) {
      const value = values[i] ?? Number.NaN;
      outX.push(x[i] ?? i);
      outY.push(Number.isFinite(value) ? value : null);
    }
  }
  return {
    from: x[first] ?? 0,
    to: x[end - 1] ?? 0,
    x: outX,
    y: outY,
    runs: nonFiniteRuns(series, first, end, size, 3 * buckets),
    count,
    thinned,
  };
}

/** Lowest, highest and first non-finite of a bucket, in their order. */
function keptIndices(values: readonly number[], start: number, stop: number): number[] {
  let low = -1;
  let high = -1;
  let broken = -1;
  for (let i = start; i < stop; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      if (broken < 0) broken = i;
      continue;
    }
    if (low < 0 || value < (values[low] ?? value)) low = i;
    if (high < 0 || value > (values[high] ?? value)) high = i;
  }
  return [...new Set([low, high, broken].filter((i) => i >= 0))].sort((a, b) => a - b);
}

function nonFiniteRuns(
  series: OrderedSeries,
  first: number,
  end: number,
  bucketSize: number,
  limit: number,
): NonFiniteRun[] {
  const exact = collectRuns(series, first, end, 1);
  return exact.length <= limit ? exact : collectRuns(series, first, end, bucketSize);
}

/** Joins readings of one kind that lie less than `reach` readings apart; `reach` 1 joins neighbours only. */
function collectRuns(series: OrderedSeries, first: number, end: number, reach: number): NonFiniteRun[] {
  const runs: (NonFiniteRun & { readonly start: number })[] = [];
  const open = new Map<NonFiniteRun['kind'], { start: number; last: number; count: number }>();
  const flush = (kind: NonFiniteRun['kind']) => {
    const run = open.get(kind);
    if (!run) return;
    open.delete(kind);
    const { x } = series;
    runs.push({ kind, from: x[run.start] ?? 0, to: x[run.last] ?? 0, count: run.count, start: run.start });
  };
  for (let i = first; i < end; i++) {
    const kind = kindOf(series.values[i] ?? Number.NaN);
    if (kind === undefined) continue;
    const run = open.get(kind);
    const joins = run && i - run.last <= reach && (reach === 1 || i - run.start < reach);
    if (run && joins) {
      run.last = i;
      run.count++;
    } else {
      flush(kind);
      open.set(kind, { start: i, last: i, count: 1 });
    }
  }
  for (const kind of ['nan', 'inf', '-inf'] as const) flush(kind);
  return runs.sort((a, b) => a.start - b.start).map(({ start: _, ...run }) => run);
}

function kindOf(value: number): NonFiniteRun['kind'] | undefined {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  return value === Number.NEGATIVE_INFINITY ? '-inf' : undefined;
}

/** Index of the first element that is not below `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  return partition(sorted, (element) => element < value);
}

/** Index just after the last element that is not above `value`. */
function upperBound(sorted: readonly number[], value: number): number {
  return partition(sorted, (element) => element <= value);
}

function partition(sorted: readonly number[], isBefore: (element: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (isBefore(sorted[mid] ?? 0)) low = mid + 1;
    else high = mid;
  }
  return low;
}
