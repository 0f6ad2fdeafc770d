// The parser: it never throws, an edit re-parses only what it touched, and errors stay where they are.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { Module, Node, Stmt } from '../../../src/syntax/ast';
import { MAX_DEPTH } from '../../../src/syntax/lower-expressions';
import { PythonParser } from '../../../src/syntax/parser';
import { childrenOf, walkStatements } from '../../../src/syntax/walk';
import { processorTime } from '../../harness/processor-time';
import { binaries, brokenStatements, newParser, seededRandom, standardLibrary, TRICKY_SOURCES } from './python-parser';

let parser: PythonParser;
before(async () => {
  parser = await newParser();
});

/** Every span inside the segment, every node inside its parent, siblings of a suite in order. Returns the depth. */
function checkSpans(module: Module): number {
  let deepest = 0;
  const visit = (node: Node, from: number, to: number, depth: number) => {
    deepest = Math.max(deepest, depth);
    const { start, end } = node.outer ?? node;
    assert.ok(from <= start && start <= end && end <= to, `${node.kind} ${start}–${end} leaves ${from}–${to}`);
    for (const child of childrenOf(node)) visit(child, node.start, node.end, depth + 1);
  };
  for (const { segment } of module.segments) {
    let last = 0;
    for (const statement of segment.body) {
      visit(statement, 0, segment.text.length, 0);
      assert.ok(statement.start >= last);
      last = statement.start;
    }
    for (const comment of segment.comments) {
      assert.ok(segment.text.slice(comment.start, comment.end) === comment.text, `comment at ${comment.start}`);
    }
  }
  return deepest;
}

function names(module: Module): string[] {
  const found: string[] = [];
  for (const { segment } of module.segments) {
    walkStatements(segment.body, (statement: Stmt) => {
      if (statement.kind === 'FunctionDef' || statement.kind === 'ClassDef') found.push(statement.name);
    });
  }
  return found;
}

describe('the parser', () => {
  test('answers every prefix and suffix of what is hard to read', () => {
    for (const source of TRICKY_SOURCES) {
      for (let at = 0; at <= source.length; at++) {
        for (const text of [source.slice(0, at), source.slice(at)]) {
          const module = parser.parse(text);
          assert.equal(module.segments.map(({ segment }) => segment.text).join(''), text);
          checkSpans(module);
        }
      }
    }
  });

  test('after edits has what a fresh parser has, and keeps what was not touched', async () => {
    const fresh = await newParser();
    const random = seededRandom(11);
    const inserts = [
      '(',
      ')',
      '"""',
      '\n',
      '\n\n',
      ' ',
      'def f(x):\n',
      'x = 1\n',
      ':',
      '#',
      '  ',
      'return x',
      "'",
      '\\',
      '@a\n',
    ];
    let text = TRICKY_SOURCES.slice(0, 4).join('\n\n');
    for (let round = 0; round < 120; round++) {
      const earlier = parser.parse(text);
      const at = Math.floor(random() * text.length);
      const removed = random() < 0.5 ? Math.floor(random() * 12) : 0;
      const inserted = random() < 0.7 ? (inserts[Math.floor(random() * inserts.length)] ?? '') : '';
      const edited = text.slice(0, at) + inserted + text.slice(at + removed);
      const after = parser.parse(edited);
      if (round % 6 === 0) assert.deepEqual(after, (await PythonParser.create(binaries)).parse(edited));
      else assert.deepEqual(after, fresh.parse(edited));
      const kept = new Map(earlier.segments.map(({ segment }) => [segment.text, segment]));
      for (const { segment } of after.segments) {
        const known = kept.get(segment.text);
        if (known) assert.equal(segment, known);
      }
      text = round % 20 === 19 ? TRICKY_SOURCES.slice(0, 4).join('\n\n') : edited;
    }
  });

  test('re-parses one segment of a long file after an edit in one function', () => {
    const text = readFileSync(path.join(standardLibrary(), 'argparse.py'), 'utf8');
    const known = new Set(parser.parse(text).segments.map(({ segment }) => segment));
    const at = text.indexOf('return', text.indexOf('class HelpFormatter'));
    const after = parser.parse(`${text.slice(0, at)}x = 1; ${text.slice(at)}`);
    assert.ok(known.size > 20);
    assert.equal(after.segments.filter(({ segment }) => !known.has(segment)).length, 1);
  });

  const torture: readonly [name: string, text: string][] = [
    ['nothing', ''],
    ['a byte order mark', '\ufeff'],
    ['NUL and half surrogates', 'a\0 = 1\nx = "\ud800\0"\n\udc00 = 2\n'],
    ['open brackets', '('.repeat(100_000)],
    ['nested lists', `x = ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['a long sum', `a${' + a'.repeat(50_000)}`],
    ['a long conjunction', `a${' and a'.repeat(50_000)}`],
    ['bit operators', `a${' ^ b & c'.repeat(20_000)}`],
    ['a long chain of attributes', `a${'.b'.repeat(50_000)}`],
    ['signs', `x = ${'-'.repeat(50_000)}1`],
    ['a long if', `if a:\n  b\n${'elif c:\n  d\n'.repeat(5_000)}`],
    ['deep suites', Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}if x:\n`).join('')],
    ['nested f-strings', 'f"{'.repeat(2_000)],
    ['broken definitions', 'def f(:\n  x = (\n'.repeat(10_000)],
    ['broken methods', `class A:\n${'  def f(self:\n    return (\n'.repeat(3_000)}`],
    ['a huge literal', `x = [${'1, '.repeat(700_000)}]\n`],
    ['five megabytes of functions', 'def f(x):\n    return torch.log(x)\n\n\n'.repeat(150_000)],
  ];
  for (const [name, text] of torture) {
    test(`answers ${name}`, () => {
      const elapsed = processorTime();
      const module = parser.parse(text);
      assert.ok(module.segments.map(({ segment }) => segment.text).join('') === text);
      assert.ok(checkSpans(module) <= 3 * MAX_DEPTH);
      assert.ok(elapsed() < 20_000);
    });
  }

  test('answers random characters', () => {
    const random = seededRandom(5);
    const code = Array.from({ length: 60_000 }, () => String.fromCharCode(Math.floor(random() * 65_536))).join('');
    const ascii = Array.from({ length: 60_000 }, () => String.fromCharCode(Math.floor(random() * 128))).join('');
    for (const text of [code, ascii]) checkSpans(parser.parse(text));
  });
});

describe('errors stay where they are', () => {
  test('in a statement', () => {
    const module = parser.parse('def f(x):\n    a = 1\n    b = foo(,)\n    c = 3\n\ndef g(): pass\n');
    assert.deepEqual(brokenStatements(module), ['b = foo(,)']);
    assert.deepEqual(names(module), ['f', 'g']);
  });

  test('in a header: the suite is kept inside', () => {
    const module = parser.parse('if x y:\n    a = 1\n    def g(): pass\nb = 2\n');
    assert.equal(module.segments[0]?.segment.body[0]?.kind, 'BrokenStmt');
    assert.deepEqual(names(module), ['g']);
  });

  test('in each function', () => {
    const text = Array.from(
      { length: 50 },
      (_, index) => `def f${index}(x:\n    return (x\n\ndef g${index}(x):\n    return x\n\n`,
    ).join('');
    assert.equal(names(parser.parse(text)).filter((name) => name.startsWith('g')).length, 50);
  });

  test('in one method, wherever it breaks off', () => {
    const head = 'class Net(Module):\n    size = 3  # wide\n    def first(self):\n        return 1\n';
    const method =
      '    @staticmethod\n    def forward(x, y=(1, 2)):\n        # half typed\n        h = self.layer(x["a"])\n        return h\n';
    const after = '    def last(self):\n        return 2\n\ndef outside(): pass\n';
    for (let end = 5; end < method.length; end++) {
      const typed = method.slice(0, end).trimEnd();
      // A half-typed decorator belongs to the definition below it.
      if (!typed.includes('\n')) continue;
      const module = parser.parse(`${head}${typed}\n${after}`);
      checkSpans(module);
      const found = names(module);
      for (const name of ['Net', 'first', 'last', 'outside'])
        assert.ok(found.includes(name), `${name} is lost: ${typed}`);
    }
    const broken = parser.parse(`${head}${method.replace('return h', 'return h(')}${after}`);
    assert.equal(broken.segments[0]?.segment.comments.length, 2);
    assert.equal(broken.segments[0]?.segment.hasErrors, true);
  });

  for (const source of [
    'print "a", b\n',
    'exec "a" in b\n',
    'raise E, "m"\n',
    'x = `a`\n',
    'def f():\n',
    'try: a\n',
    'def f(a, (b, c)): pass\n',
  ]) {
    test(`no Python 3: ${source.trim()}`, () => {
      const [only] = parser.parse(source).segments;
      assert.deepEqual(
        only?.segment.body.map(({ kind }) => kind),
        ['BrokenStmt'],
      );
      assert.equal(only?.segment.hasErrors, true);
    });
  }
});
