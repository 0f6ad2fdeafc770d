// Analyses every Python file below a folder, every rule on, and tells of each file and of each text that a fix leaves.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Analyzer } from '../src/analyzer/analyzer';
import { type AnalysisConfig, DEFAULT_CONFIG } from '../src/analyzer/finding';
import { applyEdits } from '../src/text/edit';
import { lineCount } from './corpus';

const CONFIG: AnalysisConfig = { ...DEFAULT_CONFIG, select: ['ALL'], minConfidence: 'possible' };

export interface FileLine {
  readonly kind: 'file';
  readonly path: string;
  readonly lines: number;
  readonly milliseconds: number;
  readonly findings: number;
  /** What was thrown, or said to have failed. */
  readonly failure: string | undefined;
}

export interface FixLine {
  readonly kind: 'fix';
  readonly path: string;
  readonly code: string;
  readonly title: string;
  readonly text: string;
}

export function* analyseFolder(analyzer: Analyzer, folder: string): Generator<FileLine | FixLine> {
  for (const file of pythonFiles(folder)) yield* analyseFile(analyzer, file);
}

function* pythonFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      // Packages that stand inside the folder of the standard library are no part of it.
      if (entry.name !== 'site-packages' && entry.name !== 'dist-packages') yield* pythonFiles(full);
    } else if (entry.isFile() && entry.name.endsWith('.py')) yield full;
  }
}

function* analyseFile(analyzer: Analyzer, file: string): Generator<FileLine | FixLine> {
  const text = readFileSync(file, 'utf8');
  const start = performance.now();
  const about = { kind: 'file', path: file, lines: lineCount(text) } as const;
  try {
    const { findings, problems } = analyzer.analyze(text, CONFIG);
    const milliseconds = performance.now() - start;
    const failure = problems.find(({ message }) => message.includes('the analysis failed'))?.message;
    yield { ...about, milliseconds, findings: findings.length, failure };
    for (const { code, fixes } of findings)
      for (const { title, edits } of fixes)
        yield { kind: 'fix', path: file, code, title, text: applyEdits(text, edits) };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    yield { ...about, milliseconds: performance.now() - start, findings: 0, failure };
  }
}
