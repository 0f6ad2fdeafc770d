// Keeps spans true while a person types: moves them past an edit, and gives up those that the edit touched.

import type { Finding, Problem } from '../../analyzer/finding';
import type { Span } from '../../text/span';

/** One replacement, in the offsets of the text before it. */
export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** Characters that make one expression of what stands on both sides of a seam: `p` and then `.sum()`. */
const JOINS_LEFT = /^[\w.[(]/;
const JOINS_RIGHT = /[\w.]$/;

/** The span after the changes, made one after another; undefined where one reached into it or was joined to it. */
export function shiftThrough(span: Span, changes: readonly TextChange[]): Span | undefined {
  let { start, end } = span;
  for (const { rangeOffset, rangeLength, text } of changes) {
    const changeEnd = rangeOffset + rangeLength;
    if (changeEnd <= start) {
      if (changeEnd === start && JOINS_RIGHT.test(text)) return undefined;
      start += text.length - rangeLength;
      end += text.length - rangeLength;
    } else if (rangeOffset < end || (rangeOffset === end && JOINS_LEFT.test(text))) return undefined;
  }
  return { start, end };
}

/** Problems that have no place, or whose place is still known after the changes. */
export function shiftProblems(problems: readonly Problem[], changes: readonly TextChange[]): Problem[] {
  return problems.flatMap((problem) => {
    const span = problem.span && shiftThrough(problem.span, changes);
    if (problem.span === undefined) return [problem];
    return span ? [{ ...problem, span }] : [];
  });
}

/** Findings whose place is still known after the changes; their fixes are not, so they have none. */
export function shiftFindings(findings: readonly Finding[], changes: readonly TextChange[]): Finding[] {
  return findings.flatMap((finding) => {
    const span = shiftThrough(finding.span, changes);
    if (!span) return [];
    const related = finding.related.flatMap((reason) => {
      const moved = shiftThrough(reason.span, changes);
      return moved ? [{ ...reason, span: moved }] : [];
    });
    return [{ ...finding, span, related, fixes: [] }];
  });
}
