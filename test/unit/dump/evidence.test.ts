// What a dump says of single lines of source.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bytesSource } from '../../../src/dump/byte-source';
import { evidenceOf, valueRange } from '../../../src/dump/evidence';
import type { Dump, TensorStats } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';

async function read(file: string): Promise<Dump> {
  const bytes = new Uint8Array(readFileSync(file));
  return (await openDump(bytesSource(file, bytes), new AbortController().signal)).dump;
}

const nothing: TensorStats = {
  name: null,
  shape: null,
  dtype: null,
  min: null,
  max: null,
  mean: null,
  absMin: null,
  absMax: null,
  nan: null,
  posInf: null,
  negInf: null,
};

test('a recorded run blames its line with the values that were met there', async () => {
  const { blamed, observed } = evidenceOf(await read('examples/runs/bernoulli_vae.step-241.rank-0.nandump.json'));
  const [first] = blamed;
  assert.equal(first?.path, 'bernoulli_vae.py');
  assert.equal(first.line, 33);
  assert.deepEqual(first.rules, ['NAN101']);
  assert.deepEqual(first.clauses, [
    'step 241, batch 41, forward: `log` gives −infinity',
    'output 0 holds 8 −Inf in 9216 elements',
    'input 0 ran from 0 to 1',
  ]);
  const same = observed.find(({ line }) => line === 33);
  assert.ok(same?.operations.some(({ name, nonFinite }) => name === 'aten::log' && nonFinite));
});

test('a log that blames a line says so without values', async () => {
  const { blamed, observed } = evidenceOf(await read('test/dumps/torch-anomaly/torchrun/input.log'));
  assert.match(
    blamed[0]?.clauses.join() ?? '',
    /^step 2, rank 1, backward: the gradient of `mul` \(MulBackward0\) is NaN/,
  );
  assert.equal(blamed[0]?.clauses.length, 1);
  assert.deepEqual(observed, []);
});

test('a run that is healthy says nothing', async () => {
  assert.deepEqual(evidenceOf(await read('test/dumps/plain-log/healthy/input.log')).blamed, []);
});

test('a range is told by what is known of it', () => {
  assert.equal(valueRange(nothing), null);
  assert.equal(valueRange({ ...nothing, min: 0, max: 1 }), 'from 0 to 1');
  assert.equal(valueRange({ ...nothing, min: -1, max: 1, absMin: 1e-9 }), 'from -1 to 1, nearest to 0: 1e-9');
  assert.equal(valueRange({ ...nothing, absMin: 0, absMax: 65504 }), 'from 0 to 65504 in magnitude');
  assert.equal(valueRange({ ...nothing, absMax: Number.POSITIVE_INFINITY }), 'up to Inf in magnitude');
});
