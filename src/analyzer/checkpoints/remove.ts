// Takes checks out again, by their marks alone: the text needs not parse, and may have been edited since.

import { maskStrings } from '../../syntax/mask';
import { type Edit, sortEdits } from '../../text/edit';
import { LineIndex } from '../../text/line-index';
import type { Span } from '../../text/span';
import {
  CHECK_BEFORE_FUNCTION,
  CHECK_FUNCTION,
  CHECK_MARK,
  GRADIENT_BEFORE_FUNCTION,
  GRADIENT_FUNCTION,
  HELPER_MARK,
  HOOK_FUNCTION,
  PASS_FUNCTION,
} from './helper-source';

export interface Removal {
  /** Sorted, disjoint, inside the text. */
  readonly edits: readonly Edit[];
  /** How many checks they take out. */
  readonly removed: number;
}

const STOP = '(?: and breakpoint\\(\\))?';
const AFTER = `(?:${CHECK_FUNCTION}|${GRADIENT_FUNCTION}|${HOOK_FUNCTION})`;
const BEFORE = `(?:${CHECK_BEFORE_FUNCTION}|${GRADIENT_BEFORE_FUNCTION})`;

const CHECK_LINE = new RegExp(`^[ \\t]*(?:${AFTER}|${BEFORE})\\(.*\\)${STOP}  ${CHECK_MARK}[ \\t]*$`);
const HELPER_LINE = new RegExp(`  ${HELPER_MARK}[ \\t]*$`);
/** Strings are blanked where these look, so that no parenthesis stands in the arguments. */
const INLINE_AFTER = new RegExp(`; ${AFTER}\\([^()\\r\\n]*\\)${STOP}`, 'g');
const INLINE_BEFORE = new RegExp(`${BEFORE}\\([^()\\r\\n]*\\)${STOP}; `, 'g');
const PASS_START = new RegExp(`${PASS_FUNCTION}\\(\\(`, 'g');
const PASS_END = /\), _nanlens=[ \t]+(?:, then=[ \t]+)?\)/g;

/** Finds every check and helper line. Never throws, whatever the text is. */
export function removeCheckpoints(text: string): Removal {
  if (!text.includes('_nanlens_') && !text.includes(HELPER_MARK)) return { edits: [], removed: 0 };
  const edits: Edit[] = [];
  let removed = 0;
  const lines = new LineIndex(text);
  const isWholeLine = new Uint8Array(lines.lineCount);
  for (let line = 0; line < lines.lineCount; line++) {
    const start = lines.lineStarts[line] ?? 0;
    const end = lines.lineEnd(line);
    // Whether it stands in a string is not asked: a quote that someone left open above would turn strings inside out.
    const shown = text.slice(start, end);
    const isCheck = CHECK_LINE.test(shown);
    if (!isCheck && !HELPER_LINE.test(shown)) continue;
    isWholeLine[line] = 1;
    if (isCheck) removed++;
    edits.push({ span: { start, end: lines.lineStarts[line + 1] ?? text.length }, text: '' });
  }
  const statements = maskStrings(text, true);
  for (const pattern of [INLINE_AFTER, INLINE_BEFORE]) {
    for (const found of statements.matchAll(pattern)) {
      if (isWholeLine[lines.position(found.index).line]) continue;
      edits.push({ span: { start: found.index, end: found.index + found[0].length }, text: '' });
      removed++;
    }
  }
  for (const { start, end } of passes(statements)) {
    edits.push({ span: start, text: '' }, { span: end, text: '' });
    removed++;
  }
  return { edits: sortEdits(edits), removed };
}

/** Beginnings and ends of checked `return`s, in pairs: one without the other was written by somebody else. */
function passes(code: string): { start: Span; end: Span }[] {
  const pairs: { start: Span; end: Span }[] = [];
  const ends = [...code.matchAll(PASS_END)].map(spanOf);
  const starts = [...code.matchAll(PASS_START)].map(spanOf);
  let at = 0;
  starts.forEach((start, index) => {
    while ((ends[at]?.start ?? code.length) < start.end) at++;
    const end = ends[at];
    if (end && end.end <= (starts[index + 1]?.start ?? code.length)) pairs.push({ start, end });
  });
  return pairs;
}

function spanOf(found: RegExpMatchArray): Span {
  const start = found.index ?? 0;
  return { start, end: start + found[0].length };
}
