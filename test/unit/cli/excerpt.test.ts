// Excerpts show the flagged source with carets exactly under it, and nothing that a terminal would act on.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { excerpt } from '../../../src/cli/excerpt';
import { characterWidth, Progress, Terminal, visible, wantsColor } from '../../../src/cli/terminal';
import { LineIndex } from '../../../src/text/line-index';
import { processorTime } from '../../harness/processor-time';

const silent = { write: () => true };
const { paint } = new Terminal(silent, silent, {});

function show(text: string, flagged: string): string {
  const start = text.indexOf(flagged);
  const span = { start, end: start + flagged.length };
  return excerpt(new LineIndex(text), span, paint, (carets) => carets).join('\n');
}

describe('excerpts', () => {
  it('shows two lines around, without blank ones at the ends', () => {
    assert.equal(
      show('import torch\n\n\na = 1\ny = torch.log(p)\n\n\nz = 2\n', 'torch.log(p)'),
      ['  |', '4 | a = 1', '5 | y = torch.log(p)', '  |     ^^^^^^^^^^^^'].join('\n'),
    );
  });

  it('aligns numbers, tabs and wide characters', () => {
    const text = `${'#\n'.repeat(8)}\tz = "日本é" + log(p)\nb\nc\n`;
    const rows = show(text, 'log(p)').split('\n');
    assert.deepEqual(rows.slice(3), [
      ' 9 |     z = "日本é" + log(p)',
      '   |                   ^^^^^^',
      '10 | b',
      '11 | c',
    ]);
  });

  it('underlines every line of a long span, and cuts its middle', () => {
    const text = `x = f(\n${Array.from({ length: 9 }, (_, i) => `  a${i},\n`).join('')})\n`;
    assert.equal(
      show(text, text.slice(4, -1)),
      [
        '   |',
        ' 1 | x = f(',
        '   |     ^^',
        ' 2 |   a0,',
        '   |   ^^^',
        ' 3 |   a1,',
        '   |   ^^^',
        '.. | 5 lines',
        ' 9 |   a7,',
        '   |   ^^^',
        '10 |   a8,',
        '   |   ^^^',
        '11 | )',
        '   | ^',
      ].join('\n'),
    );
  });

  it('marks an empty span, and the end of the file', () => {
    assert.equal(show('x\n', '').split('\n').at(-1), '  | ^');
    const rows = excerpt(new LineIndex('ab'), { start: 2, end: 2 }, paint, (carets) => carets);
    assert.deepEqual(rows, ['  |', '1 | ab', '  |   ^']);
  });

  it('crops a line of millions of characters around the flagged part', () => {
    const long = `${'x + '.repeat(1_000_000)}log(p)${' + y'.repeat(1_000_000)}`;
    const elapsed = processorTime();
    const rows = show(long, 'log(p)').split('\n');
    assert.ok(elapsed() < 10_000);
    const [, source = '', carets = ''] = rows;
    assert.ok(source.length < 200);
    assert.equal(source.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), 'log(p)');
  });

  it('puts the carets under the flagged text whatever stands on the line', () => {
    const pieces = ['a', '\t', 'é', '日', '😀', ' ', '\u0301', '\u001b', '\u202e', '\ud800', '\u0000'];
    let state = 3;
    for (let round = 0; round < 500; round++) {
      let before = '';
      for (let i = 0; i < 8; i++) {
        state = (state * 48271) % 2147483647;
        before += pieces[state % pieces.length];
      }
      const rows = show(`${before}QQQ = 1`, 'QQQ').split('\n');
      const [, source = '', carets = ''] = rows;
      // Columns on the terminal, counted independently of how the row was made.
      const columns = [...source.slice(0, source.indexOf('QQQ'))].reduce((sum, c) => sum + characterWidth(c), 0);
      assert.equal(carets.indexOf('^'), columns, JSON.stringify(before));
      assert.equal(carets.trimEnd().length - carets.indexOf('^'), 3);
      assert.doesNotMatch(source, /\p{Cc}|\u202e|\p{Surrogate}/u);
    }
  });
});

describe('the terminal', () => {
  it('shows what would drive it', () => {
    assert.equal(visible('a\u001b[31mb\r\nc\u0007\u009b\u202e\ud800'), 'a␛[31mb c␇���');
  });

  it('colours on a terminal alone, unless told otherwise', () => {
    for (const [environment, isTTY, expected] of [
      [{}, true, true],
      [{}, false, false],
      [{}, undefined, false],
      [{ NO_COLOR: '1' }, true, false],
      [{ NO_COLOR: '' }, true, true],
      [{ FORCE_COLOR: '1' }, false, true],
      [{ FORCE_COLOR: '' }, false, true],
      [{ FORCE_COLOR: '0' }, true, false],
      [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
      [{ TERM: 'dumb' }, true, false],
    ] as const) {
      assert.equal(wantsColor(environment, isTTY), expected, JSON.stringify([environment, isTTY]));
    }
  });

  it('counts when it takes longer than a second and a person watches', () => {
    let clock = 0;
    const written: string[] = [];
    const stream = (isTTY: boolean) => ({ isTTY, write: (text: string | Uint8Array) => written.push(String(text)) });
    const watched = new Progress(new Terminal(silent, stream(true), {}), 'Checking', () => clock);
    watched.tick(1, 9);
    clock = 999;
    watched.tick(2, 9);
    watched.clear();
    assert.deepEqual(written, []);
    clock = 1000;
    watched.tick(3, 9);
    clock = 1050;
    watched.tick(4, 9);
    clock = 1100;
    watched.tick(5, undefined);
    watched.clear();
    watched.clear();
    assert.deepEqual(written, ['\r\u001b[KChecking: 3 of 9', '\r\u001b[KChecking: 5', '\r\u001b[K']);
    const unwatched = new Progress(new Terminal(silent, stream(false), {}), 'Checking', () => clock);
    clock = 9000;
    unwatched.tick(1, 2);
    unwatched.clear();
    assert.equal(written.length, 3);
  });
});
