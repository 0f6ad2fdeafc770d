// Lines come out the same however the bytes are cut into pieces, in every encoding.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxLineLength, newTextFacts, type RawLine, readLines } from '../../../src/dump/log/lines';
import type { ByteSource } from '../../../src/dump/model';
import { Random } from './random';

const never = new AbortController().signal;

function pieces(bytes: Uint8Array, cut: () => number): ByteSource {
  return {
    name: 'x',
    read: async (from, to) => bytes.subarray(from, to),
    async *stream() {
      for (let at = 0; at < bytes.length; ) {
        const length = Math.max(1, cut());
        yield bytes.subarray(at, at + length);
        at += length;
      }
    },
  };
}

async function collect(source: ByteSource) {
  const facts = newTextFacts();
  const lines: RawLine[] = [];
  for await (const batch of readLines(source, facts, never)) lines.push(...batch);
  return { lines, facts };
}

const utf8 = (text: string) => new TextEncoder().encode(text);

function utf16(text: string, littleEndian: boolean, mark: boolean): Uint8Array {
  const units = (mark ? `\uFEFF${text}` : text).split('').map((character) => character.charCodeAt(0));
  const bytes = new Uint8Array(units.length * 2);
  const view = new DataView(bytes.buffer);
  units.forEach((unit, i) => {
    view.setUint16(2 * i, unit, littleEndian);
  });
  return bytes;
}

test('line ends of every kind, and where a bar is redrawn', async () => {
  const { lines, facts } = await collect(pieces(utf8('one\r\ntwo\rtwo again\n\nthree'), () => 100));
  assert.deepEqual(lines, [
    { number: 1, text: 'one', endsLine: true },
    { number: 2, text: 'two', endsLine: false },
    { number: 2, text: 'two again', endsLine: true },
    { number: 3, text: '', endsLine: true },
    { number: 4, text: 'three', endsLine: true },
  ]);
  assert.equal(facts.lines, 4);
  assert.equal(facts.endsWithNewline, false);
});

test('pieces of any size give the same lines', async () => {
  const random = new Random(7);
  const alphabet = ['a', 'ü', '█', '🚀', '\n', '\r', '\r\n', '\r\r\n', ' ', 'nan'];
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: random.below(40) }, () => random.pick(alphabet)).join('');
    for (const bytes of [utf8(text), utf16(text, true, true)]) {
      const whole = await collect(pieces(bytes, () => bytes.length));
      const cut = await collect(pieces(bytes, () => 1 + random.below(5)));
      assert.deepEqual(cut, whole);
    }
  }
});

test('UTF-16 is known by its mark and by its zero bytes', async () => {
  const text = 'step 1 loss nan\nstep 2 loss nan\n';
  for (const bytes of [
    utf16(text, true, true),
    utf16(text, false, true),
    utf16(text, true, false),
    utf16(text, false, false),
  ]) {
    const { lines } = await collect(pieces(bytes, () => 4096));
    assert.deepEqual(
      lines.map((line) => line.text),
      ['step 1 loss nan', 'step 2 loss nan'],
    );
  }
});

test('bytes that are no UTF-8 are counted and read on', async () => {
  const { lines, facts } = await collect(pieces(Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0x63), () => 100));
  assert.deepEqual(
    lines.map((line) => line.text),
    ['a\uFFFDb', 'c'],
  );
  assert.equal(facts.undecodable, 1);
});

test('a line of any length is kept to a bound, and the lines after it are whole', async () => {
  const long = 'x'.repeat(3 * maxLineLength);
  const { lines, facts } = await collect(pieces(utf8(`a\n${long}\nb\n`), () => 10_000));
  assert.deepEqual(
    lines.map((line) => line.text.length),
    [1, maxLineLength, 1],
  );
  assert.deepEqual([facts.cutLines, facts.firstCutLine, facts.lines], [1, 2, 3]);
});

test('reading stops when it is aborted', async () => {
  const controller = new AbortController();
  controller.abort(new Error('stale'));
  const reading = (async () => {
    for await (const _ of readLines(
      pieces(utf8('a\n'), () => 1),
      newTextFacts(),
      controller.signal,
    ))
      assert.fail();
  })();
  await assert.rejects(reading, /stale/);
});
