// What goes through gigabytes sixteen bytes at a time finds what goes through them one by one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWindow } from '../../../src/dump/log/byte-window';
import { nextSuspect, searchableBytes } from '../../../src/dump/log/suspicion';
import { Random } from './random';

const random = new Random(2718);
const words = [
  'nan',
  'NaN',
  'NAN',
  'inf',
  'Inf',
  'INF',
  'INFO',
  'info',
  'infinity',
  'nano',
  'finite',
  'loss: 0.0 ',
  "loss': '0',",
  'loss 2.31',
  'overflow',
  'OVERFLOW',
  'by zero',
  'Invalid value',
  'invalid ',
  'Traceback',
  'error: x',
  'Error:',
  'Exception: ',
  'Warning: ',
  'scale: 0.05',
  'scale=1e-3',
  'scale 2048',
  'é',
  '\n',
  ' ',
  'lr',
  '0',
  'step 12',
  'ing:',
  'n',
  'i',
  'o',
];
const pattern =
  /nan(?![a-z])|N[aA]N|[iI]nf(?![a-zA-Z])|INF(?!O)|finit|loss['"]?: ?['"]?0(?:\.0*)?['",} ]|verflow|OVERFLOW|by zero|[iI]nvalid |Traceback|rror:|xception:|Warning:|cale['"]?[:=| ]{1,2}['"]?(?:0\.0|\d\.?\d?e-)/g;

function randomText(): string {
  return Array.from({ length: random.below(400) }, () => random.pick(words)).join(random.pick(['', ' ']));
}

test('every suspicious place is found, wherever it stands among its sixteen', () => {
  let places = 0;
  for (let round = 0; round < 1500; round++) {
    const bytes = new TextEncoder().encode(randomText());
    // As the bytes stand there, one character each.
    const text = String.fromCharCode(...bytes);
    const window = new ByteWindow(searchableBytes());
    window.push(bytes);
    const found = new Set<number>();
    for (let from = 0; ; ) {
      const suspect = window.search(from, nextSuspect);
      if (suspect === null) break;
      assert.ok(suspect.at >= from);
      found.add(suspect.at);
      from = suspect.at + 1;
    }
    for (const { index } of text.matchAll(pattern)) {
      places++;
      assert.ok(
        found.has(index),
        `${JSON.stringify(text.slice(index, index + 20))} at ${index} of ${JSON.stringify(text)}`,
      );
    }
  }
  assert.ok(places > 10_000);
});

test('line feeds are counted from anywhere to anywhere', () => {
  const bytes = Uint8Array.from({ length: 9000 }, () => random.pick([10, 10, 11, 138, 0, 255, 9, 65]));
  const window = new ByteWindow(searchableBytes());
  window.push(bytes);
  for (let round = 0; round < 500; round++) {
    const from = random.below(bytes.length);
    const to = from + random.below(bytes.length - from + 1);
    assert.equal(
      window.countFeeds(from, to),
      bytes.subarray(from, to).reduce((sum, byte) => sum + Number(byte === 10), 0),
    );
  }
  const feeds = new ByteWindow(searchableBytes());
  feeds.push(new Uint8Array(5000).fill(10));
  assert.equal(feeds.countFeeds(1, 4999), 4998);
});

test('bytes keep their places while others come and go', () => {
  const window = new ByteWindow(searchableBytes());
  const all: number[] = [];
  for (let round = 0; round < 400; round++) {
    const piece = Uint8Array.from({ length: random.below(3000) }, () => random.pick([10, 65, 66, 67]));
    window.push(piece);
    all.push(...piece);
    assert.equal(window.end, all.length);
    window.start += random.below(window.end - window.start + 1);
    const at = window.start + random.below(window.end - window.start + 1);
    assert.deepEqual([...window.slice(window.start, window.end)], all.slice(window.start));
    assert.equal(window.feedAfter(at), all.indexOf(10, at));
    const before = at === 0 ? -1 : all.lastIndexOf(10, at - 1);
    assert.equal(window.feedBefore(at), before < window.start ? -1 : before);
  }
});
