// Inputs that nobody's training wrote: what they have in common is that a careless reader breaks on them.

import { gzipSync } from 'node:zlib';
import type { ByteSource } from '../../src/dump/model';

const encoder = new TextEncoder();

/** The text of `piece` again and again up to a length, without being in memory. */
export function repeated(name: string, piece: string, length: number, head = '', tail = ''): ByteSource {
  const block = encoder.encode(piece.repeat(Math.ceil((1 << 18) / piece.length)));
  const first = encoder.encode(head);
  return {
    name,
    size: length,
    read: async (from, to) => {
      const start = encoder.encode(head + piece.repeat(Math.ceil((1 << 17) / piece.length)));
      return start.subarray(from, Math.min(to, start.length));
    },
    async *stream() {
      yield first;
      for (let at = first.length; at < length; at += block.length) yield block;
      yield encoder.encode(tail);
    },
  };
}

export const markup =
  '<img src=x onerror=alert(1)><script>alert(2)</script>[x](command:a)\u202e\u0007\u001b]8;;file:///etc/passwd\u0007';

/** One line each that leads a pattern that tries things in several ways to try very many. */
export const hostileLines: readonly (readonly [string, (length: number) => string])[] = [
  ...[
    ' ',
    '\t',
    '9',
    '"',
    "'",
    '[',
    '(',
    '{',
    '|',
    ',',
    ':',
    '-',
    '=',
    '_',
    'a',
    'A',
    '/',
    '.',
    '#',
    '%',
    '<',
    '\\',
  ].map((character): readonly [string, (length: number) => string] => [
    `runs of ${JSON.stringify(character)}`,
    (length) => character.repeat(length),
  ]),
  ...[
    'File "',
    '  File "a", line 1, in f',
    'nan ',
    'inf,',
    'loss ',
    'loss: ',
    'loss=1 ',
    'a.',
    'a/',
    '1,',
    '1/2 ',
    '1e',
    '1_',
    'tensor(',
    'tensor([',
    "'loss': ",
    '1%|',
    '|1/2 [',
    'step 1 ',
    'epoch ',
    'Epoch 1: ',
    '[rank0]: ',
    '[1,',
    'shape=',
    'dtype=',
    'Error: ',
    'a b',
    'a=b ',
    'x: y, ',
    'module.',
    '((',
    '[] ',
    '1 2\t',
    'Warning: ',
    'Traceback (most recent call last):',
    'Detected ',
    'Overflow! ',
    'invalid ',
    'Loss scale ',
    'scale ',
    '"a":',
    '{"a":',
    '==== ',
    '- ',
    'NaN',
    '\u001b[',
    '\u001b]8;;',
    '2026-11-02 ',
    '2026-11-02 10:00:00 - ',
    '[2026-11-02 10:00:00] ',
    '0: ',
    'min=',
    'abs min, ',
    'grad ',
    'the ',
    'in ',
    'at 0x1, ',
    'std::',
    'n=1, ',
    ' x[1] ',
    'μ=',
    '\ud800',
    '$$ ',
    '/a/b.py:1 ',
    'a.py:1:',
    'a (b) ',
    '>> ',
    '---> 1 ',
    '...',
    ' | ',
    'Backward0',
    'MulBackward0, ',
    'Layer',
    'layers.0.',
    'weight ',
    'output ',
    'rtol=',
    'Inf and Nan count = [1, ',
    'Tensor had NaN',
    'node ',
    '{{node ',
    "name='",
    'jit(',
    'f32[',
    ' = f32[',
    'Loss is nan',
    'skipped ',
    'OVERFLOW! Rank ',
    'iteration ',
    ' iteration 1/ 2 |',
    'lm loss: ',
    'consumed samples: ',
    'eta: ',
  ].map((piece): readonly [string, (length: number) => string] => [
    `repeated ${JSON.stringify(piece)}`,
    (length) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length),
  ]),
];

/** The beginnings after which a reader expects something: what it expects never ends. */
export const openings: readonly string[] = [
  '',
  '  File "',
  'Traceback ',
  'Error: ',
  "RuntimeError: Function '",
  'FloatingPointError: ',
  '[rank0]: ',
  '{"log":"',
  '2026-11-02 10:00:00 - ',
  'Epoch 1: ',
  '100%|',
  'loss: ',
  'step 1 loss: ',
  'abs min  abs max  metadata ',
  'UserWarning: ',
  'tensor(',
  'x: Tensor = ',
  'Detected inf/nan during batch_number=0 ',
  'Expected parameter loc (',
  'Gradient overflow.  Skipping step, ',
  'OVERFLOW! ',
  'iteration ',
  'invalid value (nan) encountered in ',
  'RuntimeWarning: ',
  'Tensor[',
  'node ',
  "Node: '",
];

export const nesting: readonly (readonly [string, string])[] = [
  ['lists', '['.repeat(1_000_000)],
  ['objects', '{"a":'.repeat(1_000_000)],
  ['lists behind a metric', `{"step": 1, "loss": ${'['.repeat(60_000)}`],
  ['a dump of lists', `{"nandump": 1, "anomalies": ${'['.repeat(1_000_000)}`],
  ['a trainer state of lists', `{"log_history": ${'['.repeat(1_000_000)}`],
];

export function gzipBomb(megabytes: number): Uint8Array {
  return new Uint8Array(gzipSync(new Uint8Array(megabytes << 20).fill(0x20), { level: 9 }));
}

export function gzipOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(bytes));
}
