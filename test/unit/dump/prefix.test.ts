// Wrapping a line in what launchers, containers and loggers add, in any order, leaves the line and its rank as they were.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanLine, noHints, sniffPrefixHints } from '../../../src/dump/log/prefix';
import { stripTerminalCodes } from '../../../src/dump/log/terminal-codes';
import { Random } from './random';

function clean(text: string) {
  const [line, ...more] = cleanLine(1, text, true, noHints);
  assert.deepEqual(more, []);
  assert.ok(line);
  return line;
}

const lines = [
  'Traceback (most recent call last):',
  '  File "train.py", line 3, in main',
  '    loss.backward()',
  "RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
  'step 3 loss nan',
  '',
];

const wrappers: readonly { readonly wrap: (text: string) => string; readonly rank: number | null }[] = [
  { wrap: (text) => `[rank3]: ${text}`, rank: 3 },
  { wrap: (text) => `[default5]:${text}`, rank: 5 },
  { wrap: (text) => `(RayTrainWorker pid=123, ip=10.0.0.7) ${text}`, rank: null },
  { wrap: (text) => `(pid=4711) ${text}`, rank: null },
  { wrap: (text) => `trainer-0  | ${text}`, rank: null },
  { wrap: (text) => `2026-11-22T15:36:43.7630000Z ${text}`, rank: null },
  { wrap: (text) => `2026-11-22T15:36:43.763+01:00 stderr F ${text}`, rank: null },
  { wrap: (text) => `\u001b[31m${text}\u001b[0m`, rank: null },
  { wrap: (text) => `\u001b]8;;file:///train.py\u001b\\${text}\u001b]8;;\u0007`, rank: null },
  {
    wrap: (text) => JSON.stringify({ log: `${text}\n`, stream: 'stderr', time: '2026-11-22T15:36:43.763Z' }),
    rank: null,
  },
];

test('each wrapper alone', () => {
  for (const { wrap, rank } of wrappers) {
    for (const text of lines) {
      const line = clean(wrap(text));
      assert.deepEqual([line.text, line.rank], [text, rank], wrap(text));
    }
  }
});

test('two wrappers, one in the other', () => {
  const random = new Random(2);
  for (let i = 0; i < 300; i++) {
    const inner = random.pick(wrappers);
    const outer = random.pick(wrappers.slice(0, -1));
    // Docker's JSON is the outermost always, and two ranks contradict each other.
    if (inner.wrap('').startsWith('{') || (inner.rank !== null && outer.rank !== null)) continue;
    const text = random.pick(lines);
    const line = clean(outer.wrap(inner.wrap(text)));
    assert.deepEqual([line.text, line.rank], [text, inner.rank ?? outer.rank]);
  }
});

test('headers of loggers', () => {
  const message = 'step 3 loss nan';
  const headers: readonly [string, string | null][] = [
    ['2026-11-22 15:36:43.763 | INFO     | burgers:train:51 - ', 'info'],
    ['2026-11-22 15:38:56 | WARNING | fairseq.trainer | ', 'warning'],
    ['[2026-11-22 15:39:00,511] [INFO] [scaler.py:49:<module>] ', 'info'],
    ['[2026-11-22 15:39:00,511][__main__][ERROR] - ', 'error'],
    ['2026-11-22 15:36:43,763 - train - DEBUG - ', 'debug'],
    ['2026-11-22 15:36:43,763 trainer [INFO] ', 'info'],
    ['2026-11-22 15:51:27 (16216) [INFO] ', 'info'],
    ['2026-11-22 15:36:43,763 INFO train: ', 'info'],
    ['INFO:root:', 'info'],
    ['[WARNING] ', 'warning'],
    ['[W python_anomaly_mode.cpp:104] ', 'warning'],
    ['[rank0]:[W1122 15:37:15.763000000 engine.cpp:60] ', 'warning'],
    ['W1122 15:37:15.763000 12043 torch/distributed/api.py:1028] ', 'warning'],
    ['[2026-11-22 15:36:43] ', null],
  ];
  for (const [header, level] of headers) {
    const line = clean(header + message);
    assert.deepEqual([line.text, line.level], [message, level], header);
  }
});

test('what is no prefix stays', () => {
  for (const text of [
    '3: loss nan',
    'layer_1 | 0.5',
    '[0] done',
    '    [rank3]: in code',
    '(x pid) y',
    '2026 steps',
    '[100/200] loss 1.0',
    'Epoch: [0] loss',
  ]) {
    assert.equal(clean(text).text, text);
  }
});

test('two ranks in one line are two lines', () => {
  const found = cleanLine(7, 'loss=2.1[rank1]: Traceback (most recent call last):', true, noHints);
  assert.deepEqual(
    found.map(({ text, rank, number }) => [text, rank, number]),
    [
      ['loss=2.1', null, 7],
      ['Traceback (most recent call last):', 1, 7],
    ],
  );
});

test('task numbers are known by coming again, a numbered list is not', () => {
  const tasks = Array.from({ length: 40 }, (_, i) => `${i % 4}: step ${i}`);
  const list = Array.from({ length: 40 }, (_, i) => `${i}: loss ${1 / i}`);
  assert.equal(sniffPrefixHints(tasks).numberedTasks, true);
  assert.equal(sniffPrefixHints(list).numberedTasks, false);
  const [line] = cleanLine(1, '2:   File "a.py", line 1', true, { numberedTasks: true });
  assert.deepEqual([line?.text, line?.rank], ['  File "a.py", line 1', 2]);
});

test('no control character is left, and plain text is left alone', () => {
  const random = new Random(9);
  for (let i = 0; i < 500; i++) {
    const text = Array.from({ length: random.below(30) }, () =>
      random.pick([...'ab [;m0]8\\\u001b\u0007\u0008\u009b\u009c\u0000█']),
    ).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(stripTerminalCodes(text), /[\u0000-\u0008\u001b]/);
  }
  assert.equal(stripTerminalCodes('loss 0.5\t│ ü'), 'loss 0.5\t│ ü');
});
