// Very long logs: what matters is found wherever it stands, and nothing else is read.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { globSync } from 'tinyglobby';
import { bytesSource, textSource } from '../../../src/dump/byte-source';
import { newTextFacts, type RawLine, readLines } from '../../../src/dump/log/lines';
import { readLog } from '../../../src/dump/log/log-reader';
import { newSkimFacts, type SkimLimits, skimLines } from '../../../src/dump/log/skim';
import type { ByteSource } from '../../../src/dump/model';
import { logFormats } from '../../../src/dump/registry';
import { Random } from './random';

const never = new AbortController().signal;

/** So small that every log is long. */
const limits: SkimLimits = {
  wholeLog: 4000,
  head: 2000,
  around: 6000,
  aroundWhenMany: 500,
  budget: 400_000,
  weakBudget: 100_000,
  kept: 8000,
  sample: 300,
  sampleEvery: 5000,
};

function inPieces(text: string, length: number): ByteSource {
  const bytes = new TextEncoder().encode(text);
  return {
    ...bytesSource('x.log', bytes),
    async *stream() {
      for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
    },
  };
}

async function skimmed(source: ByteSource): Promise<{ lines: RawLine[]; skipped: number; isCutShort: boolean }> {
  const facts = { ...newTextFacts(), ...newSkimFacts() };
  const lines: RawLine[] = [];
  for await (const batch of skimLines(source, facts, never, limits)) lines.push(...batch.lines);
  return { ...facts, lines };
}

function filler(count: number, from = 0): string {
  return Array.from({ length: count }, (_, i) => `worker ${i % 7} has fetched shard ${from + i} in 0.13 s\n`).join('');
}

test('every line that is read is the line that it says it is', async () => {
  const text = `${filler(900)}step 900 loss nan\n${filler(2000)}\r\n\n${filler(700)}grad_norm: inf\r\n${filler(1000)}`;
  const all: RawLine[] = [];
  for await (const batch of readLines(textSource('x', text), newTextFacts(), never)) all.push(...batch);
  const byNumber = new Map(all.map((line) => [line.number, line]));
  for (const piece of [977, 4096, 50_000, 1 << 20]) {
    const { lines, skipped } = await skimmed(inPieces(text, piece));
    assert.ok(skipped > text.length / 4, `${skipped} of ${text.length} in pieces of ${piece}`);
    for (const line of lines) assert.deepEqual(line, byNumber.get(line.number));
    assert.ok(lines.some((line) => line.text === 'step 900 loss nan'));
    assert.ok(lines.some((line) => line.text === 'grad_norm: inf'));
    assert.deepEqual(lines.at(-1), all.at(-1));
    const numbers = lines.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
      'in order, and none twice',
    );
  }
});

test('whatever the limits and the pieces, lines are true and nothing suspicious within the budget is passed over', async () => {
  const random = new Random(1618);
  const kinds = [
    'step 3 loss nan',
    'x\r\ry',
    '',
    'worker has fetched a shard',
    'grad: -inf é',
    '\u{1f600}'.repeat(40),
    'Warning: late',
    'a\rb',
    'lr 0.1',
  ];
  for (let round = 0; round < 150; round++) {
    const rare = random.below(30) + 1;
    const text = Array.from({ length: random.below(900) }, () =>
      random.below(rare) === 0 ? random.pick(kinds) : `step ${random.below(900)} took ${random.below(99)} s`,
    ).join(random.pick(['\n', '\r\n', '\n\n']));
    const tiny: SkimLimits = {
      wholeLog: random.below(3000),
      head: random.below(1500),
      around: random.below(900),
      aroundWhenMany: random.below(200),
      budget: random.pick([500, 5000, 1 << 30]),
      weakBudget: random.pick([200, 1 << 30]),
      kept: random.below(3000) + 1,
      sample: random.below(300),
      sampleEvery: random.below(3000) + 1,
    };
    const all: RawLine[] = [];
    for await (const batch of readLines(textSource('x', text), newTextFacts(), never)) all.push(...batch);
    const facts = { ...newTextFacts(), ...newSkimFacts() };
    const read: RawLine[] = [];
    const source = inPieces(text, 1 + random.below(5000));
    for await (const { lines } of skimLines(source, facts, never, tiny)) read.push(...lines);
    const truth = new Map<number, string>();
    for (const { number, text: piece } of all) truth.set(number, `${truth.get(number) ?? ''}\r${piece}`);
    const seen = new Map<number, string>();
    for (const { number, text: piece } of read) seen.set(number, `${seen.get(number) ?? ''}\r${piece}`);
    for (const [number, piece] of seen) assert.equal(piece, truth.get(number), `line ${number}, round ${round}`);
    const numbers = read.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    assert.equal(facts.undecodable, 0);
    assert.deepEqual(read.at(-1), all.at(-1));
    if (facts.isCutShort) continue;
    for (const [number, piece] of truth) {
      if (/nan|inf$|inf /.test(piece)) assert.ok(seen.has(number), `line ${number} of round ${round} was passed over`);
    }
  }
});

test('a short log is read whole', async () => {
  const { lines, skipped } = await skimmed(textSource('x', filler(60)));
  assert.equal(lines.length, 60);
  assert.equal(skipped, 0);
});

for (const file of globSync('test/dumps/*/*/input.log').sort()) {
  const bytes = new Uint8Array(readFileSync(file));
  if (bytes[0] === 0xff || bytes.length > 40_000) continue;
  test(`what ${file.split('/').slice(2, 4).join('/')} says is found far down in a long log`, async () => {
    const text = new TextDecoder().decode(bytes);
    const whole = await readLog(textSource('x', `${filler(3000)}${text}${filler(3000)}`), never, logFormats);
    const long = inPieces(`${filler(3000)}${text}${filler(3000)}`, 10_000);
    const result = await readLog(long, never, logFormats, limits);
    // A scale that falls from print to print is no word to look for: of such a log the end is read, as it always is.
    if (file.includes('loss-scaling/grad-scaler')) return;
    assert.deepEqual(result.dump.anomalies[0], whole.dump.anomalies[0]);
    if (whole.dump.anomalies.length > 0) assert.equal(result.dump.verdict.confidence, whole.dump.verdict.confidence);
  });
}

test('a run that goes on for days with NaN is not read for days', async () => {
  const dead = Array.from({ length: 60_000 }, (_, i) => `step ${i + 5000} loss nan lr 0.001\n`).join('');
  const { lines, isCutShort } = await skimmed(inPieces(`${filler(3000)}${dead}`, 1 << 18));
  assert.ok(isCutShort);
  assert.ok(
    lines.some(({ text }) => text.startsWith('step 5000 ')),
    'the first is there',
  );
  assert.ok(lines.length < 40_000, `${lines.length} lines read`);
});

test('common words do not use up what is kept for NaN', async () => {
  const noise = Array.from({ length: 30_000 }, (_, i) => `fetch: invalid checksum of shard ${i}\n`).join('');
  const { lines } = await skimmed(inPieces(`${noise}${filler(2000)}step 7 loss nan\n${filler(5000)}`, 1 << 16));
  assert.ok(lines.some(({ text }) => text === 'step 7 loss nan'));
});

test('a line without end takes neither memory nor time', async () => {
  const line = `${'x'.repeat(300_000)} loss nan ${'y'.repeat(300_000)}`;
  const { lines } = await skimmed(inPieces(`${filler(500)}${line}\n${filler(3000)}step 1 loss inf\n`, 20_000));
  assert.ok(lines.every(({ text }) => text.length <= 1 << 16));
  assert.equal(lines.at(-1)?.text, 'step 1 loss inf');
  assert.equal(lines.at(-1)?.number, 3502);
});
