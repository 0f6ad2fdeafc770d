// Text edits: replacements of spans, sorted and disjoint, applied all at once or not at all.

import type { Span } from './span';

/** Replaces `span` of the old text by `text`; an empty span inserts. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** Sorts by position; insertions at one place keep the order in which they were given. */
export function sortEdits(edits: readonly Edit[]): Edit[] {
  return [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
}

/** Says what is wrong with the edits, or returns undefined if they can be applied to a text of this length. */
export function checkEdits(edits: readonly Edit[], length: number): string | undefined {
  let last = 0;
  for (const { span } of sortEdits(edits)) {
    if (span.start < 0 || span.end < span.start || span.end > length) {
      return `edit ${span.start}–${span.end} lies outside the text of ${length} characters`;
    }
    if (span.start < last) return `edits overlap at ${span.start}`;
    last = span.end;
  }
  return undefined;
}

/** Applies all edits to `text`. @throws RangeError if they overlap or lie outside (a programming error). */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const fault = checkEdits(edits, text.length);
  if (fault) throw new RangeError(fault);
  let out = '';
  let last = 0;
  for (const { span, text: replacement } of sortEdits(edits)) {
    out += text.slice(last, span.start) + replacement;
    last = span.end;
  }
  return out + text.slice(last);
}
