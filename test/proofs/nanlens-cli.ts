// Runs the built command line as a user would, and applies one of the fixes that its JSON offers.

import { spawnSync } from 'node:child_process';
import path from 'node:path';

interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
}

export interface ReportedFix {
  readonly title: string;
  readonly safety: 'safe' | 'unsafe';
  readonly edits: readonly { readonly start: Position; readonly end: Position; readonly newText: string }[];
}

export interface ReportedFinding {
  readonly code: string;
  readonly confidence: string;
  readonly path: string;
  /** Number of the notebook's cell, or null. */
  readonly cell: number | null;
  readonly start: Position;
  readonly end: Position;
  readonly message: string;
  readonly fixes: readonly ReportedFix[];
}

export interface CheckReport {
  readonly status: number;
  readonly findings: readonly ReportedFinding[];
  readonly failed: readonly { readonly path: string; readonly message: string }[];
}

const cli = path.resolve('dist/cli.js');

/** `nanlens check` with the given arguments in the given folder; throws where it answers with anything but JSON. */
export function check(folder: string, ...args: readonly string[]): CheckReport {
  const run = spawnSync(process.execPath, [cli, 'check', '--output-format', 'json', ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0 && run.status !== 1) {
    throw new Error(`nanlens check ${args.join(' ')} ended with ${run.status ?? run.signal}: ${run.stderr}`);
  }
  const report = JSON.parse(run.stdout) as { findings: ReportedFinding[]; files: { failed: CheckReport['failed'] } };
  return { status: run.status, findings: report.findings, failed: report.files.failed };
}

/** Puts finite checks of a style into a script, with `nanlens checkpoints`. */
export function insertChecks(folder: string, file: string, style: string): void {
  const options = ['checkpoints', file, '--insert', '--style', style];
  const run = spawnSync(process.execPath, [cli, ...options], { cwd: folder, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`nanlens ${options.join(' ')} ended with ${run.status}: ${run.stderr}`);
}

/** The text after a fix; its edits are disjoint. */
export function applyFix(source: string, fix: ReportedFix): string {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  const offset = ({ line, column }: Position) => (starts[line - 1] ?? source.length) + column - 1;
  const edits = fix.edits
    .map((edit, index) => ({ start: offset(edit.start), end: offset(edit.end), text: edit.newText, index }))
    .sort((a, b) => b.start - a.start || b.index - a.index);
  return edits.reduce(
    (text, { start, end, text: inserted }) => text.slice(0, start) + inserted + text.slice(end),
    source,
  );
}
