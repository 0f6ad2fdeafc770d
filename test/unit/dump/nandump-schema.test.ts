// The recorder's schema and the reader agree: what the schema allows is read without a problem, and what it forbids is told.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020';
import { textSource } from '../../../src/dump/byte-source';
import { openDump } from '../../../src/dump/open';
import { Random } from './random';

const never = new AbortController().signal;
const validate = new Ajv2020({ allErrors: true }).compile(
  JSON.parse(readFileSync('media/recorder/nandump.schema.json', 'utf8')),
);
const example: unknown = JSON.parse(readFileSync('test/dumps/nandump/log-of-zero/input.nandump.json', 'utf8'));

test('the example is valid, is read whole and without a problem', async () => {
  assert.ok(validate(example), JSON.stringify(validate.errors));
  const { dump, problems } = await openDump(textSource('x', JSON.stringify(example)), never);
  assert.deepEqual(problems, []);
  const { recording, operations } = dump;
  assert.equal(operations?.total, 1840);
  assert.equal(operations?.entries[1]?.outputs[0]?.min, Number.NEGATIVE_INFINITY);
  assert.deepEqual(recording?.batch?.badRows, [5, 17, 60]);
  assert.equal(recording?.fidelity?.lossThen, Number.NaN);
  assert.deepEqual(
    recording?.ranks.map(({ rank }) => rank),
    [1, 0],
  );
  assert.equal(recording?.tensorsFile, 'step-237.rank-1.safetensors');
  assert.deepEqual(dump.series[1]?.values, [0.7, 0.8, 3.1, Number.POSITIVE_INFINITY, Number.NaN]);
  assert.deepEqual(dump.anomalies[0]?.source, {
    path: 'losses.py',
    line: 12,
    function: 'entropy',
    text: 'return -(p * torch.log(p)).sum()',
  });
  assert.deepEqual(dump.anomalies[0]?.frames[2]?.excerpt?.lines.length, 3);
});

/** Every place in a JSON value, as the keys that lead there. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((one, i) => places(one, [...path, i]))];
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => places(one, [...path, key]))];
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((one, i) => (i === key ? replaced(one, rest, by) : one));
  const entries = Object.entries(value ?? {}).map(([name, one]) => [
    name,
    name === key ? replaced(one, rest, by) : one,
  ]);
  return Object.fromEntries(entries);
}

test('one wrong value anywhere is a problem where the schema forbids it, and never a throw', async () => {
  const random = new Random(17);
  const wrong = [null, true, -1, 0.5, 'text', [], {}, [null]];
  // The version decides whether it is a dump at all.
  const all = places(example).filter((path) => path.length > 0 && path[0] !== 'nandump' && path[0] !== 'recorder');
  for (const path of all) {
    const by = random.pick(wrong);
    const damaged = replaced(example, path, by);
    const { dump, problems } = await openDump(textSource('x', JSON.stringify(damaged)), never);
    assert.equal(dump.format, 'nandump');
    const where = `${path.join('.')} = ${JSON.stringify(by)}`;
    if (validate(damaged)) {
      // That steps and values are as many, a schema cannot say.
      assert.deepEqual(
        problems.filter(({ message }) => !message.includes('surplus')),
        [],
        where,
      );
    }
    // An empty verdict is filled in from the anomaly; a list that is null reads as an empty one.
    else if (by !== null) assert.ok(problems.length > 0, where);
  }
});
