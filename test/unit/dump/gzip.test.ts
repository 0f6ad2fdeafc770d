// Compressed files: read as they are decompressed, cut ones as far as they go, and bombs given up on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bytesSource } from '../../../src/dump/byte-source';
import { gunzipped } from '../../../src/dump/gzip';
import type { ByteSource, ReadResult } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';

const never = new AbortController().signal;
const open = (bytes: Uint8Array): Promise<ReadResult> => openDump(bytesSource('x.gz', bytes), never);

const log = Array.from({ length: 5000 }, (_, i) => `step ${i} loss ${i === 4000 ? 'nan' : (i / 7).toFixed(5)}\n`).join(
  '',
);

test('a compressed file of any kind is read as what it holds', async () => {
  const fromLog = await open(gzipSync(log));
  assert.deepEqual([fromLog.dump.anomalies[0]?.step, fromLog.problems], [4000, []]);
  const metrics = await open(gzipSync('{"step": 3, "loss": NaN}\n'));
  assert.equal(metrics.dump.format, 'metrics-jsonl');
  const two = await open(Buffer.concat([gzipSync('step 1 loss 0.5\n'), gzipSync('step 2 loss nan\n')]));
  assert.equal(two.dump.anomalies[0]?.step, 2);
});

test('parts are the same as those of the content', async () => {
  const content = Buffer.from(log);
  const source = gunzipped(bytesSource('x.gz', gzipSync(log)), { problem: null });
  assert.equal(source.name, 'x');
  for (const [from, to] of [
    [0, 10],
    [0, 70_000],
    [99, 100],
    [content.length - 5, content.length + 10],
    [content.length, content.length + 1],
  ] as const) {
    assert.ok(Buffer.from(await source.read(from, to)).equals(content.subarray(from, to)), `${from}-${to}`);
  }
});

test('a file that breaks off is read as far as it goes, and clears nothing', async () => {
  const whole = gzipSync(log, { level: 1 });
  for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 40)) {
    const { dump, problems } = await open(whole.subarray(0, length));
    assert.ok(dump.verdict.sentence.length > 0);
    if (length >= 3) assert.ok(problems.length > 0, `${length}`);
    if (dump.anomalies.length === 0) assert.equal(dump.verdict.confidence, 'unknown');
  }
  const damaged = whole.slice();
  damaged.fill(0x55, 2000, 2100);
  assert.match((await open(damaged)).problems[0]?.message ?? '', /damaged or breaks off/);
});

test('a bomb is given up on', async () => {
  const mebibyte = gzipSync(new Uint8Array(1 << 20).fill(0x61));
  let taken = 0;
  const bomb: ByteSource = {
    name: 'bomb.gz',
    read: async (from, to) => mebibyte.subarray(from, to),
    async *stream() {
      for (; taken < 100_000; taken++) yield mebibyte;
    },
  };
  const { dump, problems } = await openDump(bomb, never);
  assert.match(problems[0]?.message ?? '', /grows to more than 400 times its size/);
  assert.equal(dump.verdict.confidence, 'unknown');
  assert.ok(taken < 1000, `${taken}`);
});

test('an abort ends the reading', async () => {
  const controller = new AbortController();
  const bytes = gzipSync(log);
  const source: ByteSource = {
    name: 'x.gz',
    read: async (from, to) => bytes.subarray(from, to),
    async *stream() {
      yield bytes.subarray(0, 5000);
      controller.abort(new Error('closed'));
      yield bytes.subarray(5000);
    },
  };
  await assert.rejects(openDump(source, controller.signal), /closed/);
});

test('a zip archive is told in words', async () => {
  const { dump } = await open(Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0));
  assert.match(dump.verdict.sentence, /zip archive/);
});
