// The quick way through JSON lines and decimals gives what the slow way gives, of whatever is written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textSource } from '../../../src/dump/byte-source';
import { DecimalScanner } from '../../../src/dump/decimal';
import { FlatRecords } from '../../../src/dump/flat-records';
import { metricsJsonl } from '../../../src/dump/formats/metrics-jsonl';
import { RecordReader } from '../../../src/dump/metric-record';
import { readJson } from '../../../src/dump/tolerant-json';
import { Random } from './random';

const source = new Random(71);
const random = (): number => source.next();
const pick = <T>(from: readonly T[]): T => source.pick(from);

function digits(most: number): string {
  return Array.from({ length: 1 + Math.floor(random() * most) }, () => Math.floor(random() * 10)).join('');
}

function numberText(): string {
  const whole = random() < 0.3 ? '0' : digits(pick([3, 9, 22]));
  const fraction = random() < 0.6 ? `.${digits(pick([2, 6, 20]))}` : '';
  const exponent = random() < 0.3 ? `${pick(['e', 'E'])}${pick(['', '-', '+'])}${digits(3)}` : '';
  return `${pick(['', '-'])}${whole}${fraction}${exponent}`;
}

test('a decimal has the value that the language itself reads', () => {
  const scanner = new DecimalScanner();
  const edges = [
    '0',
    '-0',
    '0.1',
    '1e22',
    '1e23',
    '9007199254740993',
    '5e-324',
    '1.7976931348623157e308',
    '1e400',
    '123456789012345e-22',
  ];
  for (const text of [...edges, ...Array.from({ length: 20_000 }, numberText)]) {
    const isJson = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text);
    const isRead = scanner.scan(text, 0) && scanner.end === text.length;
    assert.equal(isRead, isJson, text);
    if (isJson) assert.ok(Object.is(scanner.value, Number(text)), `${text}: ${scanner.value}`);
  }
});

const names = [
  'step',
  'epoch',
  'loss',
  'grad_norm',
  'lr',
  'rank',
  'global_step',
  '_timestamp',
  'batch',
  '7',
  '__proto__',
  'constructor',
  'é',
  'a b',
  'eval/loss',
];
const odd = [
  'NaN',
  '-Infinity',
  'Infinity',
  'null',
  'true',
  '"nan"',
  '"-inf"',
  '"train"',
  '"1.5"',
  '"a\\"b"',
  '""',
  '{"x": 1}',
  '[1]',
  '01',
  '1.',
  '.5',
  '+1',
  'nan',
  '"\t"',
  'NaNx',
];

function randomLine(keys: readonly string[]): string {
  const gap = pick(['', ' ', ' ', ' ']);
  const fields = keys.map((key) => `"${key}":${gap}${random() < 0.85 ? numberText() : pick(odd)}`);
  const line = `{${fields.join(`,${gap}`)}}${pick(['', '', ' '])}`;
  return random() < 0.03 ? line.slice(0, -3) : line;
}

test('records of lines that were learnt are those of the whole reader', () => {
  const flat = new FlatRecords();
  const quick = new RecordReader();
  const slow = new RecordReader();
  let hits = 0;
  const shapes = Array.from({ length: 5 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(names)),
  );
  for (let i = 0; i < 20_000; i++) {
    const line = randomLine(pick(shapes));
    const { value, problem } = readJson(line.trim());
    const isWhole = problem === null && typeof value === 'object' && value !== null;
    const read = flat.read(line);
    if (read !== null) {
      hits++;
      assert.ok(isWhole, `read as a record: ${line}`);
      assert.deepEqual(quick.readFlat(read), slow.read(value), line);
    } else if (isWhole) flat.learn(line);
  }
  assert.ok(hits > 5000, `${hits} lines were read the quick way`);
});

test('no NaN and no extreme of a long file is lost', async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => {
    const loss = i === 31_415 ? 'NaN' : i === 27_182 ? '9e9' : i === 16_180 ? '-7e9' : (1 + random()).toFixed(6);
    return `{"step": ${i}, "loss": ${loss}, "lr": 0.001}\n`;
  });
  const { dump } = await metricsJsonl.read(textSource('x.jsonl', lines.join('')), new AbortController().signal);
  const loss = dump.series.find(({ name }) => name === 'loss');
  assert.equal(loss?.total, 60_000);
  assert.ok(Number.isNaN(loss?.values[loss.steps.indexOf(31_415)]));
  assert.equal(loss?.values[loss.steps.indexOf(27_182)], 9e9);
  assert.equal(loss?.values[loss.steps.indexOf(16_180)], -7e9);
  assert.equal(dump.anomalies[0]?.step, 31_415);
});
