// Python's JSON is read as JSON.parse reads it, NaN and Infinity besides, and no text makes it throw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJson } from '../../../src/dump/tolerant-json';
import { Random } from './random';

/** Without the missing prototypes, for comparison. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return { ...Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)])) };
  return value;
}

function randomValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 3 ? 5 : 7);
  if (kind === 0) return null;
  if (kind === 1) return random.next() < 0.5;
  if (kind === 2) return (random.next() - 0.5) * 10 ** random.below(20);
  if (kind === 3) return random.below(1000);
  if (kind === 4) return random.pick(['', 'nan', 'a "quoted" \\ word', 'new\nline', 'ü🚀', '\u0007']);
  const length = random.below(4);
  if (kind === 5) return Array.from({ length }, () => randomValue(random, depth + 1));
  return Object.fromEntries(Array.from({ length }, (_, i) => [`key ${i}`, randomValue(random, depth + 1)]));
}

test('agrees with JSON.parse on any JSON', () => {
  const random = new Random(11);
  for (let i = 0; i < 500; i++) {
    const value = randomValue(random, 0);
    const text = JSON.stringify(value, null, random.below(3));
    const { value: read, problem, end } = readJson(text);
    assert.equal(problem, null, text);
    assert.equal(end, text.length);
    assert.deepEqual(plain(read), JSON.parse(text));
  }
});

test("reads Python's bare words", () => {
  const { value } = readJson('{"loss": [NaN, Infinity, -Infinity, 1e-3]}');
  assert.deepEqual(plain(value), { loss: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.001] });
});

test('a text that breaks off keeps what came before, at every length', () => {
  const text = '{"step": 12, "loss": [1.5, NaN, {"a": "b\\n"}], "done": true}';
  for (let length = 0; length < text.length; length++) {
    const { value, problem } = readJson(text.slice(0, length));
    assert.notEqual(problem, null, text.slice(0, length));
    assert.ok(length === 0 || (typeof value === 'object' && value !== null));
    if (length > 13) assert.equal(plain(value) !== null && (value as { step?: unknown }).step, 12);
  }
});

test('no text throws, however deep or broken', () => {
  assert.match(readJson('['.repeat(100_000)).problem?.message ?? '', /deep/);
  const random = new Random(5);
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: random.below(30) }, () => random.pick([...'{}[]",:\\ nuN1-e.\u0000\ud800'])).join(
      '',
    );
    readJson(text);
  }
});

test('a key cannot reach a prototype', () => {
  const { value } = readJson('{"__proto__": {"polluted": 1}, "constructor": 2}');
  assert.equal(Object.getPrototypeOf(value), null);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});
