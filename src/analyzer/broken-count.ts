// How much of a module could not be parsed, as a number that tells whether an edit made it worse.

import type { Module } from '../syntax/ast';

/** Broken statements and expressions, however deep, plus one for each segment with an error. */
export function countBroken(module: Module): number {
  let count = 0;
  const pending: unknown[] = [];
  for (const { segment } of module.segments) {
    if (!segment.hasErrors) continue;
    count++;
    pending.push(segment.body);
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if ('kind' in next && (next.kind === 'BrokenStmt' || next.kind === 'BrokenExpr')) count++;
    for (const child of Object.values(next)) if (typeof child === 'object' && child !== null) pending.push(child);
  }
  return count;
}
