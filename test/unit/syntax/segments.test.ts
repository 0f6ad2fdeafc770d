// Segments: they cover the text, depend on it alone, and no broken definition takes the next one with it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { cutSegments, segmentStarts } from '../../../src/syntax/segments';
import { processorTime } from '../../harness/processor-time';
import { libraryFiles, seededRandom, TRICKY_SOURCES } from './python-parser';

describe('segments', () => {
  test('cover the text without gaps', () => {
    const texts = [...TRICKY_SOURCES, ...libraryFiles(['', 'test'], 12).map((file) => readFileSync(file, 'utf8'))];
    assert.ok(texts.length > 40);
    for (const text of texts) {
      assert.equal(cutSegments(text).join(''), text);
      const starts = segmentStarts(text);
      assert.ok(starts.every((start, index) => index === 0 || start > (starts[index - 1] ?? 0)));
      for (const start of starts.slice(1)) assert.match(text.charAt(start - 1), /[\r\n\f]/);
    }
  });

  test('cover any text, and are found in linear time', () => {
    const random = seededRandom(7);
    const alphabet = 'ab(){}[]"\'\\#\n\r\t f@:=';
    const pick = () => alphabet.charAt(Math.floor(random() * alphabet.length));
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: 120 }, pick).join('');
      assert.equal(cutSegments(text).join(''), text);
    }
    const long = Array.from({ length: 300_000 }, pick).join('');
    const elapsed = processorTime();
    cutSegments(long);
    cutSegments(`\\"""\ndef x\n`.repeat(30_000));
    cutSegments(`f"{\n`.repeat(60_000));
    assert.ok(elapsed() < 5_000);
  });

  test('are none for no text', () => assert.deepEqual(cutSegments(''), []));

  const cases: readonly [name: string, segments: readonly string[]][] = [
    ['each definition is one', ['import a\n', 'def f():\n  x\n', 'class B: pass\n', 'y = 1\nz = 2\n']],
    ['a blank line ends a run of statements', ['a = 1\nb = 2\n\n', 'c = 3\n']],
    [
      'decorators stay with what they decorate',
      ['x = 1\n', '@a\n# why\n@b(\n1)\n\ndef f(): pass\n', '@c\nclass D: pass\n'],
    ],
    [
      'comments go with the definition below',
      ['x = 1\n', '# about f\n# more\ndef f(): pass\n', '# about g\nasync def g(): pass\n'],
    ],
    [
      'clauses stay with their statement',
      ['if a:\n  b\n\nelse:\n  c\n\n', 'try:\n  d\n\nexcept E:\n  f\n\nfinally:\n  g\n'],
    ],
    ['brackets and strings join lines', ['x = (1,\n\n2)\ny = """\n\ndef f(): pass\n"""\nz = \'a\\\n\nb\'\n']],
    ['a word that only begins like a keyword is a statement', ['a\n\n', 'else_ = 1\n\n', 'definition = 2\n']],
    [
      'an open bracket ends at the next definition',
      ['def f(:\n  x = [\n', 'def g(): pass\n', '@d\nclass C(\n', 'import x\n'],
    ],
    ['an unclosed docstring ends at the next definition', ['"""docs\n', 'def f(): pass\n', 'def g(): pass\n']],
    ['a one-line quote ends with its line', ["x = 'it\n\n", 'y = 1\n']],
    ['braces of an f-string may hold lines', ['x = f"{\n\n1}"\n\n', 'y\n']],
    ['carriage returns end lines', ['def f(x):\r  return x\r', 'def g(): pass\r\n', 'x = 1']],
    ['a form feed is no indentation', ['a\n\f', 'def f(): pass\n']],
  ];
  for (const [name, segments] of cases) {
    test(name, () => assert.deepEqual(cutSegments(segments.join('')), segments));
  }
});
