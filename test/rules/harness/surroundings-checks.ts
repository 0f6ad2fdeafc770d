// What surrounds a program must not change what is found in it: broken neighbours, cells of a notebook.

import { isDeepStrictEqual } from 'node:util';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import type { AnalysisConfig, Finding } from '../../../src/analyzer/finding';
import { LineIndex } from '../../../src/text/line-index';

/** Each swallows the rest of the file in a parser that does not recover. */
const BROKEN_BEFORE = [
  'def broken(:\n    x = (\n\n\n',
  'class Broken(\n    y = [1, 2\n\n\n',
  "text = 'never closed\n\n\n",
];
const BROKEN_AFTER = ['\n\ndef broken(x:\n    return [x\n', '\n\nclass Broken:\n    def f(self:\n        x = {1:\n'];

/** Findings as code and line, counted from `firstLine`. */
function places(text: string, findings: readonly Finding[], firstLine: number): string[] {
  const index = new LineIndex(text);
  return findings.map(({ code, span }) => `${code} line ${index.position(span.start).line - firstLine + 1}`);
}

export function checkBrokenNeighbours(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const expected = places(source, analyzer.analyze(source, config).findings, 0);
  const surroundings = [
    ...BROKEN_BEFORE.map((before) => ({ before, after: '' })),
    ...BROKEN_AFTER.map((after) => ({ before: '', after })),
  ];
  return surroundings.flatMap(({ before, after }) => {
    const text = before + source + after;
    const found = places(text, analyzer.analyze(text, config).findings, before.split('\n').length - 1);
    if (isDeepStrictEqual(found, expected)) return [];
    const neighbour = JSON.stringify(before || after);
    return [`beside ${neighbour}:\n  was: ${expected.join('; ') || 'silent'}\n  now: ${found.join('; ') || 'silent'}`];
  });
}

/** Cut between top-level blocks into cells, the program has the same findings, each in its own cell. */
export function checkCells(analyzer: Analyzer, source: string, config: AnalysisConfig): string[] {
  const expected = places(source, analyzer.analyze(source, config).findings, 0).sort();
  const blocks = source.split(/(?<=\n)\n\n(?=\S)/);
  const cells = blocks.map((block) => block.replace(/\n$/, ''));
  const found: string[] = [];
  let firstLine = 0;
  analyzer.analyzeNotebook(cells, config).forEach(({ findings }, i) => {
    found.push(...places(cells[i] ?? '', findings, -firstLine));
    firstLine += (blocks[i] ?? '').split('\n').length - 1 + 2;
  });
  if (isDeepStrictEqual(found.sort(), expected)) return [];
  return [`as notebook cells:\n  was: ${expected.join('; ') || 'silent'}\n  now: ${found.join('; ') || 'silent'}`];
}
