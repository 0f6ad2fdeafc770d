// The edits that write suppressions: where the comment lands, and that the reader of suppressions then obeys it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../src/analyzer/finding';
import { applySuppressions, type PlacedComment } from '../../../src/analyzer/suppressions';
import { ignoreInFile, ignoreOnLine } from '../../../src/analyzer/suppressions-edits';
import { applyEdits } from '../../../src/text/edit';
import { LineIndex } from '../../../src/text/line-index';
import type { Span } from '../../../src/text/span';

function spanOf(text: string, part: string): Span {
  const start = text.indexOf(part);
  assert.notEqual(start, -1);
  return { start, end: start + part.length };
}

function ignoring(text: string, part: string, code = 'NAN101'): string {
  return applyEdits(text, [ignoreOnLine(text, spanOf(text, part), code)]);
}

/** Comments of a text in which every `#` begins one. */
function commentsOf(text: string): PlacedComment[] {
  return [...text.matchAll(/#[^\r\n]*/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: match[0],
    ownLine: /(?:^|[\r\n])[ \t\uFEFF]*$/.test(text.slice(0, match.index)),
  }));
}

function isSilenced(text: string, part: string, code = 'NAN101'): boolean {
  const span = spanOf(text, part);
  const finding: Finding = {
    code,
    name: 'a-rule',
    severity: 'warning',
    confidence: 'proven',
    span,
    message: '',
    related: [],
    fixes: [],
  };
  // The whole statement around the span: these texts hold one statement.
  const statement = { start: text.search(/^loss/m), end: text.trimEnd().length };
  return applySuppressions([finding], commentsOf(text), new LineIndex(text), [statement]).findings.length === 0;
}

test('a bare line gets a trailing comment', () => {
  assert.equal(ignoring('loss = log(p)\nx = 1\n', 'log(p)'), 'loss = log(p)  # nanlens: ignore[NAN101]\nx = 1\n');
});

test('white space at the end of the line gives way', () => {
  assert.equal(ignoring('loss = log(p) \t\r\n', 'log(p)'), 'loss = log(p)  # nanlens: ignore[NAN101]\r\n');
});

test('a comment that is there stays', () => {
  assert.equal(
    ignoring('loss = log(p)  # type: ignore\n', 'log(p)'),
    'loss = log(p)  # type: ignore  # nanlens: ignore[NAN101]\n',
  );
});

test('a second code joins the list, and the reason stays', () => {
  assert.equal(
    ignoring('loss = log(p)  # nanlens: ignore[NAN401] known\n', 'log(p)'),
    'loss = log(p)  # nanlens: ignore[NAN401, NAN101] known\n',
  );
});

test('a hash inside a string is no comment', () => {
  assert.equal(ignoring('loss = log(d["#a"])\n', 'log(d["#a"])'), 'loss = log(d["#a"])  # nanlens: ignore[NAN101]\n');
});

test('where the first line has no room for a comment, the last one takes it', () => {
  assert.equal(
    ignoring('loss = log(a + \\\n    b)\n', 'log(a + \\\n    b)'),
    'loss = log(a + \\\n    b)  # nanlens: ignore[NAN101]\n',
  );
});

test('where no line has room, the comment stands above the statement, as deep as it', () => {
  const text = 'if x:\n    loss = \\\n        log(p) + f("""\n""")\n';
  assert.equal(
    ignoring(text, 'log(p)'),
    'if x:\n    # nanlens: ignore[NAN101]\n    loss = \\\n        log(p) + f("""\n""")\n',
  );
});

test('what is written silences what it was written for', () => {
  const statements = [
    'loss = log(p)',
    'loss = log(p)  # why',
    'loss = log(p)  # nanlens: ignore[NAN401]',
    'loss = f(\n    log(p),\n    b,\n)',
    'loss = \\\n  log(p) \\\n  + 1',
    'loss = """a\nb""" + log(p) + """\n"""',
  ];
  for (const statement of statements) {
    for (const lineEnd of ['\n', '\r\n']) {
      const text = `${statement}\n`.replaceAll('\n', lineEnd);
      assert.equal(isSilenced(text, 'log(p)'), false, text);
      const changed = ignoring(text, 'log(p)');
      assert.equal(isSilenced(changed, 'log(p)'), true, changed);
      assert.equal(changed.replaceAll('\r\n', '').includes('\r'), false);
      assert.equal(isSilenced(changed, 'log(p)', 'NAN102'), false, 'other rules speak on');
    }
  }
});

function ignoringFile(text: string): string {
  return applyEdits(text, [ignoreInFile(text, 'NAN101')]);
}

test('a file is silenced at its top, below what must come first', () => {
  assert.equal(ignoringFile('import torch\n'), '# nanlens: ignore-file[NAN101]\nimport torch\n');
  assert.equal(
    ignoringFile('#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n"""Doc."""\n'),
    '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# nanlens: ignore-file[NAN101]\n"""Doc."""\n',
  );
  assert.equal(ignoringFile('\uFEFFx = 1\r\n'), '\uFEFF# nanlens: ignore-file[NAN101]\r\nx = 1\r\n');
  assert.equal(ignoringFile('%%time\nx = 1'), '%%time\n# nanlens: ignore-file[NAN101]\nx = 1');
  assert.equal(ignoringFile('#!/bin/python'), '#!/bin/python\n# nanlens: ignore-file[NAN101]\n');
  assert.equal(ignoringFile(''), '# nanlens: ignore-file[NAN101]\n');
});

test('a file that silences other rules gets one more', () => {
  assert.equal(
    ignoringFile('# Copyright\n# nanlens: ignore-file[NAN401] legacy\nimport torch\n'),
    '# Copyright\n# nanlens: ignore-file[NAN401, NAN101] legacy\nimport torch\n',
  );
});

test('a silenced file says nothing', () => {
  for (const text of ['loss = log(p)\n', '#!/bin/python\nloss = log(p)\n', '\uFEFFloss = log(p)\r\n']) {
    assert.equal(isSilenced(ignoringFile(text), 'log(p)'), true, text);
  }
});
