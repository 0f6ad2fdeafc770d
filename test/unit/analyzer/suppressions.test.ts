// Which comment silences which finding.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../src/analyzer/finding';
import { applySuppressions, type PlacedComment, statementSpans } from '../../../src/analyzer/suppressions';
import type { Stmt } from '../../../src/syntax/ast';
import { LineIndex } from '../../../src/text/line-index';

/** Comments of a text without strings that hold a "#". */
function commentsOf(text: string): PlacedComment[] {
  return [...text.matchAll(/#[^\r\n]*/g)].map((match) => {
    const lineStart = Math.max(text.lastIndexOf('\n', match.index), text.lastIndexOf('\r', match.index)) + 1;
    return {
      start: match.index,
      end: match.index + match[0].length,
      text: match[0],
      ownLine: text.slice(lineStart, match.index).trim() === '',
    };
  });
}

function findingAt(text: string, flagged: string, code = 'NAN101', name = 'log-of-possible-zero'): Finding {
  const start = text.indexOf(flagged);
  assert.notEqual(start, -1, `${flagged} is not in the text`);
  const span = { start, end: start + flagged.length };
  return { code, name, severity: 'warning', confidence: 'proven', span, message: 'm', related: [], fixes: [] };
}

function isSilenced(text: string, flagged = 'log(p)', statement?: string): boolean {
  const finding = findingAt(text, flagged);
  const statements = statement === undefined ? [] : [findingAt(text, statement).span];
  const result = applySuppressions([finding], commentsOf(text), new LineIndex(text), statements);
  assert.equal(result.findings.length + result.suppressed.length, 1);
  return result.suppressed.length === 1;
}

describe('suppressions of a line', () => {
  const silencing = [
    'x = log(p)  # nanlens: ignore',
    'x = log(p)  # nanlens: ignore[NAN101]',
    'x = log(p)  # nanlens: ignore[NAN101] p is a mean of exps',
    'x = log(p)  #nanlens:ignore[ nan101 , NAN2 ]',
    'x = log(p)  # nanlens: ignore[log-of-possible-zero]',
    'x = log(p)  # nanlens: ignore[NAN1]',
    'x = log(p)  # type: ignore  # nanlens: ignore[NAN101]',
    'x = log(p)  # nanlens: ignore because it is fine',
    '# nanlens: ignore[NAN101]\nx = log(p)',
    '  # nanlens: ignore[NAN101]\r\n  # p is never 0 here\r\n  x = log(p)',
    'x = log(p)  # noqa',
    'x = log(p)  # NOQA : NAN101',
    'x = log(p)  # noqa: E501,NAN101 and why',
    'x = log(p)  # noqa:E501 NAN101',
  ];
  for (const text of silencing) it(`silences: ${JSON.stringify(text)}`, () => assert.equal(isSilenced(text), true));

  const idle = [
    'x = log(p)  # nanlens: ignore[NAN102]',
    'x = log(p)  # nanlens: ignored',
    'x = log(p)  # nanlens: ignore-files',
    'x = log(p)  # nanlens: ignore[]',
    'x = log(p)  # nanlens: ignore[NAN101',
    'x = log(p)  # do not nanlens: ignore',
    'x = log(p)  # noqa: E501',
    'x = log(p)  # noqaNAN101',
    '# noqa: NAN101\nx = log(p)',
    '# nanlens: ignore[NAN101]\n\nx = log(p)',
    'y = 1  # nanlens: ignore[NAN101]\nx = log(p)',
    'x = log(p)\n# nanlens: ignore[NAN101]',
    'x = log(p)  # nanlens: ignore-file',
  ];
  for (const text of idle) it(`does not silence: ${JSON.stringify(text)}`, () => assert.equal(isSilenced(text), false));

  it('counts on the first and the last line of the flagged span, not between', () => {
    const flagged = ([first, middle, last]: readonly [string, string, string]): string =>
      `x = log(  ${first}\n  p  ${middle}\n)  ${last}\ny = 1\n`;
    const comment = '# nanlens: ignore';
    const span = (text: string): string => text.slice(4, text.indexOf(')') + 1);
    for (const [parts, expected] of [
      [[comment, '', ''], true],
      [['', comment, ''], false],
      [['', '', comment], true],
    ] as const) {
      const text = flagged(parts);
      assert.equal(isSilenced(text, span(text)), expected, text);
    }
  });

  it('counts on the first and the last line of the statement around', () => {
    const text = 'x = foo(\n  log(p),\n)  # nanlens: ignore\n';
    assert.equal(isSilenced(text), false);
    assert.equal(isSilenced(text, 'log(p)', 'x = foo(\n  log(p),\n)'), true);
    const above = '# nanlens: ignore\nx = foo(\n  log(p),\n)\n';
    assert.equal(isSilenced(above, 'log(p)', 'x = foo(\n  log(p),\n)'), true);
  });

  it('silences the named finding of two on one line', () => {
    const text = 'x = log(p) / n  # nanlens: ignore[NAN102]';
    const findings = [findingAt(text, 'log(p)'), findingAt(text, 'log(p) / n', 'NAN102', 'division-by-possible-zero')];
    const result = applySuppressions(findings, commentsOf(text), new LineIndex(text));
    assert.deepEqual(
      result.findings.map(({ code }) => code),
      ['NAN101'],
    );
  });
});

describe('suppressions of a file', () => {
  const top = '# nanlens: ignore-file[NAN101] numerics are tested elsewhere\n';
  const silencing = [
    `${top}x = log(p)\n`,
    `\uFEFF${top}x = log(p)\n`,
    `#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\n${top}\n\nx = log(p)`,
    `"""Docstring with 'quotes'."""\n${top}x = log(p)`,
    '# nanlens: ignore-file\nx = log(p)',
    "r'doc'\r\n# nanlens: ignore-file\r\nx = log(p)",
  ];
  for (const text of silencing) it(`silences: ${JSON.stringify(text)}`, () => assert.equal(isSilenced(text), true));

  const idle = [
    `import torch\n${top}x = log(p)\n`,
    '# nanlens: ignore-file[NAN2]\nx = log(p)',
    `"""a"""\n"""b"""\n${top}x = log(p)`,
    `x = log(p)\n${top}`,
  ];
  for (const text of idle) it(`does not silence: ${JSON.stringify(text)}`, () => assert.equal(isSilenced(text), false));

  it('says so when it stands where it does not count', () => {
    const text = `import torch\n${top}x = log(p)\n`;
    const { problems } = applySuppressions([findingAt(text, 'log(p)')], commentsOf(text), new LineIndex(text));
    assert.match(problems[0]?.message ?? '', /top of the file/);
    assert.equal(text.slice(problems[0]?.span?.start, problems[0]?.span?.end), top.trimEnd());
  });

  it('says what is wrong with a suppression that names nothing', () => {
    for (const [comment, words] of [
      ['# nanlens: ignore[]', /names no rule/],
      ['# nanlens: ignore[NAN101', /closing bracket/],
    ] as const) {
      const text = `x = log(p)  ${comment}`;
      const result = applySuppressions([findingAt(text, 'log(p)')], commentsOf(text), new LineIndex(text));
      assert.equal(result.findings.length, 1);
      assert.match(result.problems[0]?.message ?? '', words);
    }
  });

  it('survives any text without a throw', () => {
    const pieces = [
      '# nanlens: ignore',
      '[',
      ']',
      '-file',
      '\n',
      '"""',
      "'",
      '\\',
      '# noqa',
      ':',
      'NAN1',
      ' ',
      '\uD800',
    ];
    for (let seed = 1; seed < 400; seed++) {
      let state = seed;
      let text = '';
      for (let i = 0; i < 12; i++) {
        state = (state * 48271) % 2147483647;
        text += pieces[state % pieces.length];
      }
      const finding = { ...findingAt('x', 'x'), span: { start: 0, end: text.length } };
      const result = applySuppressions([finding], commentsOf(text), new LineIndex(text));
      assert.equal(result.findings.length + result.suppressed.length, 1, JSON.stringify(text));
    }
  });
});

describe('statement spans', () => {
  it('gives whole simple statements and the headers of compound ones', () => {
    const text = '\nfor x in (\n  xs\n):\n  y = f(x)\n';
    const name = (id: string): { kind: 'Name'; id: string; start: number; end: number } => {
      const start = text.indexOf(id);
      return { kind: 'Name', id, start, end: start + id.length };
    };
    const inner: Stmt = { kind: 'ExprStmt', value: name('f'), ...findingAt(text, 'y = f(x)').span };
    const loop: Stmt = {
      kind: 'For',
      target: name('x'),
      iterable: { ...name('xs'), outer: { start: text.indexOf('('), end: text.indexOf(')') + 1 } },
      body: { start: inner.start, end: inner.end, body: [inner] },
      orelse: undefined,
      isAsync: false,
      start: 1,
      end: inner.end,
    };
    const segment = { text, body: [loop], comments: [], hasErrors: false };
    const placed = { text: `#${text}`, segments: [{ offset: 1, segment }] };
    assert.deepEqual(
      statementSpans(placed, [{ span: inner }]).map(({ start, end }) => placed.text.slice(start, end)),
      ['for x in (\n  xs\n):', 'y = f(x)'],
    );
  });
});
