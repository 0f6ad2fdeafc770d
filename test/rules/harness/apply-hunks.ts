// Applies the hunks of an expected fix to a program, and shows two programs' difference for a failed test.

import { createTwoFilesPatch } from 'diff';
import type { Hunk } from './fixture';

function findRun(lines: readonly string[], run: readonly string[], from: number): number {
  for (let at = from; at + run.length <= lines.length; at++) {
    if (run.every((line, i) => lines[at + i] === line)) return at;
  }
  return -1;
}

/** @throws Error if a hunk's old lines do not stand in the program after the hunk before it. */
export function applyHunks(source: string, hunks: readonly Hunk[]): string {
  const lines = source.split('\n');
  const out: string[] = [];
  let cursor = 0;
  for (const { before, after } of hunks) {
    const at = findRun(lines, before, cursor);
    if (at < 0) throw new Error(`the program has no such lines:\n${before.join('\n')}`);
    out.push(...lines.slice(cursor, at), ...after);
    cursor = at + before.length;
  }
  return [...out, ...lines.slice(cursor)].join('\n');
}

/** The difference as the body of a diff block. */
export function showDifference(before: string, after: string): string {
  return createTwoFilesPatch('', '', before, after, '', '', { context: 1 })
    .split('\n')
    .filter((line) => !/^(===|---|\+\+\+|Index)/.test(line))
    .map((line) => (line.startsWith('@@') ? '@@' : line))
    .join('\n')
    .trimEnd();
}
