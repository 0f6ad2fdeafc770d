// What of a module could not be parsed: as a number that tells whether an edit made it worse, and in words.

import type { Module } from '../syntax/ast';
import type { Span } from '../text/span';
import type { Problem } from './finding';

/** Absolute spans of broken statements and expressions, outermost ones only, in no order. */
function brokenSpans(module: Module): Span[] {
  const spans: Span[] = [];
  for (const { offset, segment } of module.segments) {
    if (!segment.hasErrors) continue;
    const before = spans.length;
    const pending: unknown[] = [segment.body];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (typeof next !== 'object' || next === null) continue;
      if (isBroken(next)) spans.push({ start: offset + next.start, end: offset + next.end });
      // A list that a broken statement holds is what could be saved of it; it may be broken again inside.
      for (const child of Object.values(next)) if (typeof child === 'object' && child !== null) pending.push(child);
    }
    if (spans.length === before) spans.push({ start: offset, end: offset + segment.text.length });
  }
  return spans;
}

function isBroken(node: object): node is Span {
  return 'kind' in node && (node.kind === 'BrokenStmt' || node.kind === 'BrokenExpr');
}

/** How many places could not be parsed: only ever compared with another count. */
export function countBroken(module: Module): number {
  return brokenSpans(module).length;
}

/** What the reader of a report must know of them: that nothing is said there. */
export function brokenProblem(module: Module): Problem | undefined {
  const spans = brokenSpans(module);
  const [first] = spans.sort((a, b) => a.start - b.start);
  if (first === undefined) return undefined;
  const places = spans.length === 1 ? 'this statement' : `${spans.length} places, the first of them here,`;
  return { message: `${places} could not be parsed (Python 3 is expected); nothing is said there`, span: first };
}
