// Whatever a file holds, it comes to a result or to a problem in words: no throw, no hang, nothing invented, no other file opened.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { globSync } from 'tinyglobby';
import { bytesSource, textSource } from '../../src/dump/byte-source';
import { dumpToJson } from '../../src/dump/json';
import type { ByteSource, ReadResult } from '../../src/dump/model';
import { openDump } from '../../src/dump/open';
import { readers } from '../../src/dump/registry';
import { processorTime } from '../harness/processor-time';
import { Random } from '../unit/dump/random';
import { gzipBomb, gzipOf, hostileLines, markup, nesting, repeated } from './hostile-inputs';

const never = new AbortController().signal;
const encoder = new TextEncoder();
const files = globSync('test/dumps/*/*/input.*').sort();

/** Opens it, and shows it to every reader whether that wants it or not. */
async function everywhere(name: string, bytes: Uint8Array): Promise<ReadResult> {
  const result = await openDump(bytesSource(name, bytes), never);
  sound(result);
  for (const reader of readers) {
    const score = reader.sniff(bytes.subarray(0, 1 << 16), name);
    assert.ok(score >= 0 && score <= 1);
    sound(await reader.read(bytesSource(name, bytes), never));
  }
  return result;
}

/** What every result must be, whatever was read. */
function sound({ dump, problems }: ReadResult): void {
  assert.ok(dump.verdict.sentence.length > 0);
  assert.ok(dump.anomalies.length <= 1000);
  for (const { steps, values } of dump.series) assert.equal(steps.length, values.length);
  for (const { message } of problems) assert.ok(message.length > 0);
  assert.doesNotThrow(() => JSON.stringify(dumpToJson({ dump, problems })));
}

test('nesting of a million levels', async () => {
  for (const [name, text] of nesting) {
    const { dump } = await everywhere(`${name}.json`, encoder.encode(text));
    assert.deepEqual(dump.anomalies, [], name);
  }
});

test('lengths beyond all files', async () => {
  for (const length of [1_000_000_000n, 1n << 53n, (1n << 64n) - 1n, 1n << 63n]) {
    for (const at of [0, 4, 8]) {
      const bytes = new Uint8Array(64);
      new DataView(bytes.buffer).setBigUint64(at, length, true);
      await everywhere('events.out.tfevents.1', bytes);
    }
    const shapes = `{"nandump": 1, "schemaVersion": 1, "anomalies": [{"kind": "loss-nan", "step": ${length}, "stats": [{"shape": [${length}, -${length}]}], "source": {"path": "a.py", "line": -${length}}}]}`;
    await everywhere('a.nandump.json', encoder.encode(shapes));
    await everywhere('a.jsonl', encoder.encode(`{"step": ${length}, "rank": -${length}, "loss": NaN}\n`.repeat(3)));
  }
});

test('a bomb in gzip, gzip in gzip, zip', async () => {
  const bomb = await openDump(bytesSource('a.log.gz', gzipBomb(200)), never);
  assert.match(bomb.problems.map(({ message }) => message).join(), /grows to more than 400 times its size/);
  assert.equal(bomb.dump.verdict.confidence, 'unknown');
  const twice = await openDump(bytesSource('a.log.gz', gzipOf(gzipOf(encoder.encode('step 1 loss nan\n')))), never);
  assert.deepEqual(twice.dump.anomalies, []);
  assert.ok(twice.problems.length > 0);
  const zip = await openDump(bytesSource('a.pt', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0)), never);
  assert.match(zip.dump.verdict.sentence, /zip archive/);
});

test('keys that reach for a prototype', async () => {
  const record =
    '{"step": 1, "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "loss": NaN}';
  for (const text of [
    `${record}\n`.repeat(3),
    `{"log_history": [${record}]}`,
    `[${record}, ${record}]`,
    'step,loss,__proto__,constructor\n1,nan,2,3\n2,nan,2,3\n',
  ]) {
    const { dump } = await everywhere('metrics.json', encoder.encode(text));
    assert.equal(dump.anomalies[0]?.metric, 'loss');
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  }
});

test('markup is text, and stays what it is', async () => {
  const { dump } = await openDump(
    textSource('a.jsonl', `${JSON.stringify({ step: 1, loss: 'nan', [markup]: 2 })}\n`.repeat(3)),
    never,
  );
  assert.ok(dump.series.some(({ name }) => name === markup));
  await everywhere(
    'a.log',
    encoder.encode(
      `Traceback (most recent call last):\n  File "${markup}", line 1, in ${markup}\n    ${markup}\nRuntimeError: ${markup}\n`,
    ),
  );
});

test('half characters, zero bytes, wrong UTF-8', async () => {
  const bytes = encoder.encode('step 1 loss 2.5\n'.repeat(50));
  for (const odd of [[0xed, 0xa0, 0x80], [0xff], [0xc0, 0x80], [0xf8, 0x88], [0]]) {
    const mixed = Uint8Array.from([...bytes, ...odd, ...bytes, ...odd]);
    const { dump } = await everywhere('a.log', mixed);
    assert.deepEqual(dump.anomalies, []);
  }
  await everywhere('a.jsonl', encoder.encode('{"step": 1, "loss": 2, "a": "\\ud800"}\n'.repeat(3)));
});

test('one line of 400 MB is read through in bounded memory', async () => {
  const line = repeated('a.log', 'x', 400 << 20, 'step 1 loss 2.5\n', '\nstep 2 loss nan\n');
  const before = process.memoryUsage().rss;
  const { dump, problems } = await openDump(line, never);
  assert.ok(process.memoryUsage().rss - before < 300 << 20);
  assert.equal(dump.anomalies[0]?.step, 2);
  assert.match(problems.map(({ message }) => message).join(), /65,536/);
});

test('a million redrawings and a million carriage returns', async () => {
  const bar = repeated(
    'a.log',
    '\r 42%|████▏     | 42/100 [00:01<00:02, 31.2it/s, loss=2.5]',
    40 << 20,
    '',
    '\nloss: nan\n',
  );
  sound(await openDump(bar, never));
  const { dump } = await openDump(
    repeated('a.log', '\r', 1_000_000, 'step 1 loss 2.5\n', '\nstep 2 loss nan\n'),
    never,
  );
  assert.equal(dump.anomalies[0]?.metric, 'loss');
});

describe('time grows with the length of a line, of', () => {
  const beginnings = ['', 'step 1 loss: ', '2026-11-02 10:00:00 - ', '  File "'];
  const time = async (text: string): Promise<number> => {
    const elapsed = processorTime();
    await openDump(textSource('a.log', text), never);
    return elapsed();
  };
  /** Other work of the machine only ever adds to it; the clock of processor time is too coarse for less than 10 ms. */
  const leastTime = async (text: string): Promise<number> =>
    Math.max(10, Math.min(await time(text), await time(text), await time(text)));
  for (const [name, make] of hostileLines) {
    test(name, async () => {
      for (const beginning of beginnings) {
        const line = (length: number) => `${(beginning + make(length)).slice(0, length)}\n`;
        const long = await time(line(1 << 16));
        if (long < 150) continue;
        const ratio = (await leastTime(line(1 << 16))) / (await leastTime(line(1 << 14)));
        assert.ok(
          ratio < 9,
          `after ${JSON.stringify(beginning)}, four times the length took ${ratio.toFixed(1)} times as long`,
        );
      }
    });
  }
});

describe('every input, broken', () => {
  const random = new Random(4711);
  for (const file of files) {
    const bytes = new Uint8Array(readFileSync(file));
    if (bytes.length > 200_000) continue;
    test(file.split('/').slice(2, 4).join('/'), async () => {
      const name = file.split('/').at(-1) ?? '';
      for (let round = 0; round < 4; round++) {
        sound(await openDump(bytesSource(name, bytes.subarray(0, random.below(bytes.length + 1))), never));
        sound(await openDump(bytesSource(name, bytes.subarray(random.below(bytes.length + 1))), never));
        const flipped = bytes.slice();
        for (let flips = 0; flips <= round * 8; flips++) {
          const at = random.below(bytes.length);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
        }
        sound(await openDump(bytesSource(name, flipped), never));
      }
      const other = new Uint8Array(readFileSync(random.pick(files)));
      const both = new Uint8Array(bytes.length + other.length);
      both.set(bytes);
      both.set(other, bytes.length);
      await everywhere(name, both);
    });
  }
});

test('noise is no anomaly', async () => {
  const random = new Random(99);
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from({ length: 1 + random.below(4000) }, () => random.below(256));
    const { dump } = await everywhere('noise', bytes);
    assert.deepEqual(dump.anomalies, []);
  }
});

test('only the bytes of the file itself are asked for, whatever paths it names', async () => {
  const paths = ['../../etc/passwd', 'file:///etc/passwd', '\\\\server\\share\\a.py', 'C:\\a.py', '/etc/passwd'];
  for (const path of paths) {
    const text = `Traceback (most recent call last):\n  File "${path}", line 1, in f\n    x\nFloatingPointError: invalid value encountered in log\n`;
    const bytes = encoder.encode(text);
    let reads = 0;
    const source: ByteSource = {
      ...bytesSource('a.log', bytes),
      read: async (from, to) => {
        reads++;
        return bytes.subarray(from, to);
      },
    };
    const { dump } = await openDump(source, never);
    assert.equal(dump.anomalies[0]?.frames[0]?.path, path);
    assert.equal(reads, 1);
  }
});
