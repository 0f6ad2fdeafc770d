// Opening anything: every input gives an answer in words, long logs in bounded memory, and only an abort rejects.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dumpToText } from '../../../src/cli/dump-text';
import { bytesSource, textSource } from '../../../src/dump/byte-source';
import { dumpToJson } from '../../../src/dump/json';
import type { ByteSource } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';
import { processorTime } from '../../harness/processor-time';
import { Random } from './random';

const never = new AbortController().signal;

test('an empty file, garbage and a failing disk are told in words', async () => {
  const { dump: empty } = await openDump(textSource('empty.log', ''), never);
  assert.equal(empty.verdict.sentence, 'The file is empty.');
  assert.equal(empty.verdict.confidence, 'unknown');

  const random = new Random(1);
  const garbage = Uint8Array.from({ length: 10_000 }, () => random.below(256));
  const unknown = await openDump(bytesSource('x.log', garbage), never);
  assert.equal(unknown.dump.format, 'unknown');
  assert.equal(unknown.problems.length, 1);

  const broken: ByteSource = {
    name: 'x',
    read: async () => new TextEncoder().encode('step 1 loss 0.5\n'),
    async *stream() {
      yield new TextEncoder().encode('step 1 loss 0.5\n');
      throw new Error('the disk is gone');
    },
  };
  const { dump, problems } = await openDump(broken, never);
  assert.match(problems[0]?.message ?? '', /the disk is gone/);
  assert.equal(dump.verdict.confidence, 'unknown');
  const unread = await openDump({ ...broken, read: () => Promise.reject(new Error('no right to read')) }, never);
  assert.match(unread.dump.verdict.sentence, /no right to read/);
});

test('random lines of a log never throw, and print clean', async () => {
  const random = new Random(21);
  const words = [
    'Traceback (most recent call last):',
    '  File "a.py", line 3, in f',
    '    x = y',
    "RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
    'Error detected in LogBackward0. Traceback of forward call that caused the error:',
    ' (Triggered internally at a.cpp:1.)',
    'Previous calculation was induced by X. Traceback of forward call that induced the previous calculation:',
    'step 1 loss nan',
    '[rank1]: ',
    '\r 5%|▌ | 1/20 [00:00<00:01, 2.0it/s]',
    'Cell In[3], line 2',
    '----> 2 x',
    'RuntimeError   Traceback (most recent call last)',
    '\u001b[31m',
    '{"log":"',
    'Root Cause (first observed failure):',
    '\u0000',
    'ValueError: Expected parameter loc (Tensor of shape (1,)) of distribution Normal(loc) but found invalid values:',
    'tensor([nan])',
  ];
  for (let i = 0; i < 300; i++) {
    const text = Array.from({ length: random.below(25) }, () => random.pick(words)).join(
      random.pick(['\n', '\r\n', '']),
    );
    const result = await openDump(textSource('x', text), never);
    JSON.stringify(dumpToJson(result));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(dumpToText('x\u001b[2J', result), /[\u0000-\u0009\u000b-\u001f]/);
  }
});

test('a long log is read in bounded memory, and its one NaN is found', async () => {
  const lines = 300_000;
  const bad = 271_828;
  const encoder = new TextEncoder();
  const source: ByteSource = {
    name: 'long.log',
    read: async () => encoder.encode('step 0 loss 1.0\n'),
    async *stream() {
      for (let from = 0; from < lines; from += 1000) {
        let text = '';
        for (let step = from; step < from + 1000; step++) text += `step ${step} loss ${step === bad ? 'nan' : '0.5'}\n`;
        yield encoder.encode(text);
      }
    },
  };
  const { dump } = await openDump(source, never);
  assert.deepEqual(
    dump.anomalies.map(({ kind, step, span }) => [kind, step, span?.firstLine]),
    [['loss-nan', bad, bad + 1]],
  );
  const [series] = dumpToJson({ dump, problems: [] }).series;
  assert.deepEqual(series, { name: 'loss', points: lines, firstNonFinite: bad });
  assert.ok((dump.series[0]?.values.length ?? 0) < 10_000);
});

test('an abort rejects', async () => {
  const controller = new AbortController();
  const source: ByteSource = {
    name: 'x',
    read: async () => new Uint8Array(),
    async *stream() {
      controller.abort(new Error('closed'));
      yield new TextEncoder().encode('a\n');
    },
  };
  await assert.rejects(openDump(source, controller.signal), /closed/);
});

test('hostile lines do not make reading slow', async () => {
  const parts = [
    '12 ',
    '1,',
    'if loss ',
    'nan ',
    'File "',
    'loss=',
    '\u001b]',
    '[rank1]: x',
    'Error detected in ',
    '3%|',
    'a: ',
    '(',
    '** ',
    '1: ',
    "Function '",
    ' | ',
    '2026-',
    '━',
    'tensor(',
    '-> ',
  ];
  for (const part of parts) {
    for (const last of ['x', '$', '\n']) {
      for (const length of [1900, 60_000]) {
        const text = `${part.repeat(Math.ceil(length / part.length))}${last}\n`;
        const elapsed = processorTime();
        await openDump(textSource('x', text.repeat(3)), never);
        const took = elapsed();
        assert.ok(took < 1500, `${JSON.stringify(part)} × ${length}: ${took} ms`);
      }
    }
  }
});
