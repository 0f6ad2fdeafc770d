// Whatever the source: the recorder changes nothing but what it adds, twice is once, and removal is byte for byte.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import { removeRecorder } from '../../../src/analyzer/recorder/remove';
import { applyEdits, checkEdits } from '../../../src/text/edit';
import { compileErrors } from '../checkpoints/checkpointing';
import { LAYOUTS } from '../checkpoints/sources';
import { libraryFiles, seededRandom, TRICKY_SOURCES } from '../syntax/python-parser';
import { newAnalyzer, recorded, removed } from './recording';

let analyzer: Analyzer;
before(async () => {
  analyzer = await newAnalyzer();
});

function examples(): string[] {
  const folder = path.join(process.cwd(), 'examples');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
}

function programs(): string[] {
  const text = readFileSync(path.join(process.cwd(), 'test/unit/recorder/shapes.md'), 'utf8');
  return [...text.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
}

function variants(text: string): string[] {
  const plain = text.replace(/\r\n|\r/g, '\n');
  return [
    plain,
    plain.replaceAll('\n', '\r\n'),
    plain.replaceAll('\n', '\r'),
    plain.replace(/^(?: {4})+/gm, (indent) => '\t'.repeat(indent.length / 4)),
    plain.replace(/\n+$/, ''),
    `\ufeff${plain}`,
  ];
}

describe('the recorder', () => {
  test('in every shape and layout', () => {
    const originals = [...programs(), ...examples(), ...LAYOUTS].flatMap(variants);
    const outcomes = originals.map((text) => recorded(analyzer, text));
    assert.ok(outcomes.filter(({ edits }) => edits.length > 0).length > originals.length / 2);
    outcomes.forEach(({ text, edits }, i) => {
      const ends = (whole: string) => new Set(whole.match(/\r\n|\r|\n/g));
      if (edits.length > 0 && ends(originals[i] ?? '').size === 1)
        assert.equal(ends(text).size, 1, 'line ends are mixed');
    });
    const wasFine = compileErrors(originals);
    const errors = compileErrors(outcomes.map(({ text }) => text));
    errors.forEach((error, i) => {
      if (wasFine[i] === null) assert.equal(error, null, outcomes[i]?.text);
    });
  });

  test('in every prefix of a script', () => {
    for (const text of programs()) for (let at = 0; at <= text.length; at += 3) recorded(analyzer, text.slice(0, at));
  });

  test('in scripts with any line anywhere', () => {
    const random = seededRandom(5);
    const lines = [
      '"""',
      "x = '",
      'y = (',
      ')',
      '\\',
      '\tif z:',
      '# note',
      'import os; \\',
      'async def f(:',
      '',
      'rec = 1',
      '    pass',
      '; nanlens',
    ];
    let inserted = 0;
    for (const text of programs()) {
      for (let round = 0; round < 25; round++) {
        const edited = text.split('\n');
        const count = 1 + Math.floor(random() * 2);
        for (let i = 0; i < count; i++) {
          const line = lines[Math.floor(random() * lines.length)] ?? '';
          edited.splice(Math.floor(random() * (edited.length + 1)), 0, line);
        }
        if (recorded(analyzer, edited.join('\n')).edits.length > 0) inserted++;
      }
    }
    assert.ok(inserted > 100);
  });

  test('in code that trains nothing', () => {
    const texts = [...TRICKY_SOURCES, ...libraryFiles(['', 'asyncio'], 31).map((file) => readFileSync(file, 'utf8'))];
    assert.ok(texts.length > 8);
    for (const text of texts) assert.deepEqual(recorded(analyzer, text).edits, []);
  });

  test('is taken out of any text without harm', () => {
    const random = seededRandom(8);
    const pieces = [
      'rec = nanlens.Recorder(',
      'rec.watch(',
      ')',
      '  # nanlens: recorder',
      '\n',
      '"',
      "'''",
      '(',
      '# ',
      'import nanlens',
      'x',
      ' ',
      '\r\n',
      'nanlens.attach(',
    ];
    for (let round = 0; round < 3000; round++) {
      let text = '';
      for (let i = 0; i < 14; i++) text += pieces[Math.floor(random() * pieces.length)] ?? '';
      const { edits } = removeRecorder(text);
      assert.equal(checkEdits(edits, text.length), undefined);
      const once = applyEdits(text, edits);
      assert.ok(once.length <= text.length);
    }
  });

  test('is taken out after other lines were edited', () => {
    const random = seededRandom(13);
    for (const program of [...programs(), ...examples()]) {
      const { text, edits } = recorded(analyzer, program);
      if (edits.length === 0) continue;
      for (let round = 0; round < 8; round++) {
        const added = ['x = 1', '# note', '', 'print(")")', 'def f():'][Math.floor(random() * 5)] ?? '';
        const lines = text.split('\n');
        const at = Math.floor(random() * (lines.length + 1));
        lines.splice(at, 0, added);
        const rest = removed(lines.join('\n'));
        assert.ok(!rest.includes('nanlens'), rest);
        assert.equal(rest.length, program.length + added.length + 1);
      }
    }
  });
});
