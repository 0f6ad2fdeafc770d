// Analyses every Python file below the given folders, every rule on, and prints what came of it as JSON lines: one for
// each file, and one for each text that a single fix leaves. Run by scripts/installed.mjs.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type AnalysisConfig, DEFAULT_CONFIG } from '../src/analyzer/finding';
import { applyEdits } from '../src/text/edit';
import { freshAnalyzer } from '../test/rules/harness/python-analyzer';
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

function* pythonFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      // Packages that stand inside the folder of the standard library are no part of it.
      if (entry.name !== 'site-packages' && entry.name !== 'dist-packages') yield* pythonFiles(full);
    } else if (entry.isFile() && entry.name.endsWith('.py')) yield full;
  }
}

function print(line: FileLine | FixLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function main(folders: readonly string[]): Promise<void> {
  const analyzer = await freshAnalyzer();
  for (const folder of folders) {
    for (const file of pythonFiles(folder)) {
      const text = readFileSync(file, 'utf8');
      const start = performance.now();
      const about = { kind: 'file', path: file, lines: lineCount(text) } as const;
      try {
        const { findings, problems } = analyzer.analyze(text, CONFIG);
        const milliseconds = performance.now() - start;
        const failure = problems.find(({ message }) => message.includes('the analysis failed'))?.message;
        print({ ...about, milliseconds, findings: findings.length, failure });
        for (const { code, fixes } of findings) {
          for (const { title, edits } of fixes) {
            print({ kind: 'fix', path: file, code, title, text: applyEdits(text, edits) });
          }
        }
      } catch (error) {
        const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
        print({ ...about, milliseconds: performance.now() - start, findings: 0, failure });
      }
    }
  }
}

void main(process.argv.slice(2));
