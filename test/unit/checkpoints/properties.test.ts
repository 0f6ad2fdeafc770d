// Whatever the source: insertion changes nothing but what it inserts, twice is once, and removal is byte for byte.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { CheckOptions, CheckStyle } from '../../../src/analyzer/checkpoints/options';
import { removeCheckpoints } from '../../../src/analyzer/checkpoints/remove';
import type { PythonParser } from '../../../src/syntax/parser';
import { brokenStatements, libraryFiles, newParser, seededRandom, TRICKY_SOURCES } from '../syntax/python-parser';
import { compileErrors, inserted, removed } from './checkpointing';
import { LAYOUTS } from './sources';

const STYLES: readonly CheckStyle[] = ['raise', 'print', 'breakpoint', 'record'];
const WHOLE_FILE = { kind: 'lines', first: 1, last: 1_000_000 } as const;

let parser: PythonParser;
before(async () => {
  parser = await newParser();
});

function examples(): string[] {
  const folder = path.join(process.cwd(), 'examples');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
}

/** The layouts with their line ends and indentation exchanged. */
function variants(text: string): string[] {
  return [
    text,
    text.replace(/\r\n|\r/g, '\n').replaceAll('\n', '\r\n'),
    text.replace(/\r\n|\r/g, '\n').replace(/^(?: {4})+/gm, (indent) => '\t'.repeat(indent.length / 4)),
    text.replace(/[\r\n]+$/, ''),
    text.replace(/\r\n|\n/g, '\r'),
  ];
}

function checkProperties(text: string, options: Partial<CheckOptions>): string {
  const once = inserted(parser, text, options);
  assert.equal(removed(once.text), text);
  const twice = inserted(parser, once.text, options);
  assert.deepEqual(twice.edits, []);
  assert.equal(removeCheckpoints(once.text).removed, once.inserted.length);
  assert.ok(brokenStatements(parser.parse(once.text)).length <= brokenStatements(parser.parse(text)).length);
  return once.text;
}

describe('checkpoints', () => {
  test('on every layout, in every style', () => {
    const texts: string[] = [];
    for (const layout of LAYOUTS) {
      for (const text of variants(layout)) {
        for (const style of STYLES) {
          texts.push(checkProperties(text, { style, sequentialHooks: style === 'print' }));
          texts.push(checkProperties(text, { style, target: WHOLE_FILE }));
        }
      }
    }
    const originals = LAYOUTS.flatMap((layout) => variants(layout));
    const wasFine = compileErrors(originals).map((error) => error === null);
    assert.ok(wasFine.filter(Boolean).length > originals.length / 2);
    const errors = compileErrors(texts);
    errors.forEach((error, index) => {
      if (wasFine[Math.floor(index / 8)]) assert.equal(error, null, texts[index]);
    });
  });

  test('on real files', () => {
    const real = [
      ...examples(),
      ...libraryFiles(['', 'asyncio', 'test'], 61).map((file) => readFileSync(file, 'utf8')),
    ];
    assert.ok(real.length > 15);
    const kindOf = () => 'tensor' as const;
    const texts = real.flatMap((text) => [
      checkProperties(text, { sequentialHooks: true }),
      checkProperties(text, { style: 'breakpoint', target: WHOLE_FILE, kindOf }),
    ]);
    const wasFine = compileErrors(real);
    compileErrors(texts).forEach((error, index) => {
      if (wasFine[Math.floor(index / 2)] === null) assert.equal(error, null);
    });
  });

  test('on what does not parse, and on every prefix', () => {
    const kindOf = () => 'tensor' as const;
    for (const source of [...TRICKY_SOURCES, ...LAYOUTS.slice(1).filter((layout) => !layout.includes('_nanlens_'))]) {
      for (let at = 0; at <= source.length; at += 5) {
        checkProperties(source.slice(0, at), { target: WHOLE_FILE, kindOf });
      }
    }
  });

  test('are removed after other lines were edited', () => {
    const random = seededRandom(17);
    for (const layout of LAYOUTS) {
      if (layout.includes('\r')) continue;
      const with_ = inserted(parser, layout, { target: WHOLE_FILE, style: 'print' }).text.split('\n');
      for (let round = 0; round < 10; round++) {
        const edited = [...with_];
        const at = Math.floor(random() * (edited.length + 1));
        const line =
          ['x = 1', '    """', '# note', '', 'def f(:', '        (', "  'it"][Math.floor(random() * 7)] ?? '';
        edited.splice(at, 0, line);
        const rest = removed(edited.join('\n')).split('\n');
        assert.ok(!rest.join('\n').includes('# nanlens: '));
        const original = layout.split('\n');
        // The line that was typed, and perhaps checks inside a line that its quotes now make a string.
        assert.ok(rest.length === original.length + 1);
      }
    }
  });

  test('of another style take the place of those that are there', () => {
    for (const layout of LAYOUTS) {
      const raising = inserted(parser, layout, { target: WHOLE_FILE }).text;
      for (const style of STYLES) {
        const changed = inserted(parser, raising, { target: WHOLE_FILE, style });
        assert.deepEqual(changed.inserted, []);
        assert.equal(changed.text, inserted(parser, layout, { target: WHOLE_FILE, style }).text);
      }
    }
  });

  test('of a part, then of the whole, are those of the whole', () => {
    for (const layout of LAYOUTS) {
      if (layout.includes('\r')) continue;
      const whole = inserted(parser, layout, { target: WHOLE_FILE }).text;
      const count = layout.split('\n').length;
      for (let line = 1; line <= count; line += 4) {
        const part = inserted(parser, layout, { target: { kind: 'lines', first: line, last: line + 2 } });
        assert.ok(part.inserted.every((check) => check.line >= line && check.line <= line + 2));
        const both = inserted(parser, part.text, { target: WHOLE_FILE }).text;
        assert.equal(removed(both), layout);
        assert.equal(inserted(parser, both, { target: WHOLE_FILE }).edits.length, 0);
        assert.ok(both.length >= whole.length);
      }
    }
  });
});
