// A loss scale that settles, and one that does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from '../../../src/dump/log/prefix';
import type { ProgressPoint } from '../../../src/dump/log/progress';
import { SkipWatch } from '../../../src/dump/log/skip-watch';

const after: ProgressPoint = {
  epoch: null,
  count: null,
  countsBatches: false,
  stride: null,
  epochStride: null,
  isEpochRunning: false,
  epochBounds: null,
};

function skip(
  watch: SkipWatch,
  number: number,
  from: number | null,
  to: number | null,
  rank: number | null = null,
): void {
  const line: LogLine = { number, text: '', rank, channel: '', level: null, isProgressBar: false, endsLine: true };
  watch.skip({ line, message: '', rank, from, to, place: null, after });
}

function ends(watch: SkipWatch): string[] {
  watch.finish();
  return watch.streaks.map(({ count, end }) => `${count} ${end}`);
}

test('skips before steps that are made are a scale that settles', () => {
  const watch = new SkipWatch();
  for (let i = 0; i < 20; i++) skip(watch, i, 2 ** (32 - i), 2 ** (31 - i));
  watch.print(null, '21');
  watch.print(null, '22');
  assert.deepEqual(ends(watch), ['20 settled']);
});

test('prints of one step, however many, do not show that it was made', () => {
  const watch = new SkipWatch();
  skip(watch, 1, 4, 2);
  for (let i = 0; i < 9; i++) watch.print(null, '7');
  skip(watch, 2, 2, 1);
  skip(watch, 3, 1, 1);
  assert.deepEqual(ends(watch), ['3 fatal']);
});

test('a scale that has grown shows that steps were made, without any print', () => {
  const watch = new SkipWatch();
  skip(watch, 1, 65_536, 32_768);
  skip(watch, 2, 65_536, 32_768);
  assert.deepEqual(ends(watch), ['1 settled', '1 open']);
});

test('a scale of 1 that still overflows is not to blame', () => {
  const watch = new SkipWatch();
  skip(watch, 1, 2, 1);
  skip(watch, 2, 1, 1);
  assert.deepEqual(ends(watch), ['2 fatal']);
});

test('many skips in a row after steps that were made are doubted, and at the start of a run are not', () => {
  const late = new SkipWatch();
  late.print(null, '1');
  const early = new SkipWatch();
  for (let i = 0; i < 8; i++) {
    skip(late, i, null, null);
    skip(early, i, null, null);
  }
  assert.deepEqual(ends(late), ['8 fatal']);
  assert.deepEqual(ends(early), ['8 open']);
});

test('the streaks of several ranks are apart, and a line without a rank speaks of all', () => {
  const watch = new SkipWatch();
  skip(watch, 1, 8, 4, 0);
  skip(watch, 2, 8, 4, 1);
  watch.settle(1);
  skip(watch, 3, 4, 2, 0);
  assert.equal(watch.fail(null, 9).length, 1);
  assert.deepEqual(ends(watch), ['2 fatal', '1 settled']);
});

test('of more streaks than are kept the last is there', () => {
  const watch = new SkipWatch();
  for (let i = 0; i < 1000; i++) {
    skip(watch, i, 8, 4);
    watch.settle(null);
  }
  assert.ok(watch.streaks.length < 1000);
  assert.equal(watch.streaks.at(-1)?.first.line.number, 999);
});

test('processes that tell of the same step one after the other skipped it once', () => {
  const watch = new SkipWatch();
  watch.print(null, '1');
  for (let i = 0; i < 16; i++) skip(watch, i, null, 256);
  for (let i = 16; i < 32; i++) skip(watch, i, null, 128);
  watch.print(null, '4');
  watch.print(null, '5');
  for (let i = 0; i < 6; i++) skip(watch, 32 + i, null, 2 ** (6 - i));
  assert.deepEqual(ends(watch), ['2 settled', '6 fatal']);
});
