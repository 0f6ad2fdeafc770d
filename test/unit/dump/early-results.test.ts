// A long file says what it can before it is read to its end, and never more than that.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bytesSource } from '../../../src/dump/byte-source';
import type { ByteSource, ReadResult } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';
import { concat, fileHead, scalar } from './event-file';

const never = new AbortController().signal;
const encoder = new TextEncoder();

/** Comes in twelve pieces, slowly. */
function slowly(name: string, bytes: Uint8Array): ByteSource {
  const length = Math.ceil(bytes.length / 12);
  return {
    ...bytesSource(name, bytes),
    async *stream() {
      for (let at = 0; at < bytes.length; at += length) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        yield bytes.subarray(at, at + length);
      }
    },
  };
}

async function readings(name: string, bytes: Uint8Array): Promise<{ partial: ReadResult[]; whole: ReadResult }> {
  const partial: ReadResult[] = [];
  const whole = await openDump(slowly(name, bytes), never, (result) => partial.push(result));
  assert.deepEqual(whole, await openDump(bytesSource(name, bytes), never), 'asking early changes nothing');
  return { partial, whole };
}

const badFrom = 11_000;
const steps = Array.from({ length: 12_000 }, (_, step) => ({
  step,
  loss: step < badFrom ? 2 + step / 1e6 : Number.NaN,
}));

const files: readonly (readonly [string, Uint8Array])[] = [
  [
    'metrics.jsonl',
    encoder.encode(steps.map(({ step, loss }) => `{"step": ${step}, "loss": ${loss}, "lr": 0.001}\n`).join('')),
  ],
  ['metrics.csv', encoder.encode(`step,loss,lr\n${steps.map(({ step, loss }) => `${step},${loss},0.001\n`).join('')}`)],
  ['events.out.tfevents.1', concat([fileHead, ...steps.map(({ step, loss }) => scalar('loss', step, loss))])],
];

describe('early results of', () => {
  for (const [name, bytes] of files) {
    test(name, async () => {
      const { partial, whole } = await readings(name, bytes);
      assert.ok(partial.length >= 1 && partial.length <= 3, `${partial.length} early results in 0.7 s`);
      const [first] = partial;
      assert.equal(first?.dump.anomalies.length, 0);
      assert.deepEqual(first?.dump.verdict, { sentence: 'No NaN or Inf so far.', confidence: 'unknown' });
      const loss = first?.dump.series.find((series) => series.name === 'loss');
      assert.ok((loss?.total ?? 0) > 1000 && (loss?.total ?? 0) < badFrom, `${loss?.total} readings`);
      assert.equal(whole.dump.anomalies[0]?.step, badFrom);
    });
  }
});
