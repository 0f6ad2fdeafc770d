// Takes the recorder out of a script again, by its marks alone: the text needs not parse, and may have been edited since.

import { maskStrings } from '../../syntax/mask';
import { skipString } from '../../syntax/segments';
import { type Edit, sortEdits } from '../../text/edit';
import { LineIndex } from '../../text/line-index';
import type { Span } from '../../text/span';
import { RECORDER_MARK, RECORDER_MODULE, WATCH_METHOD } from './marks';

export interface RecorderRemoval {
  /** Sorted, disjoint, inside the text. */
  readonly edits: readonly Edit[];
  /** How many lines are taken out or put back as they were. */
  readonly removed: number;
  readonly problems: readonly string[];
}

const IMPORT = new RegExp(`^[ \\t]*import ${RECORDER_MODULE}[ \\t]+${RECORDER_MARK}[ \\t]*$`);
/** Up to the parenthesis that opens the arguments, which a formatter may have spread over several lines. */
const CALL = new RegExp(
  `^[ \\t]*(?:([^\\W\\d]\\w*) = ${RECORDER_MODULE}\\.Recorder|${RECORDER_MODULE}\\.attach)\\(`,
  'u',
);
const END = new RegExp(`^[ \\t]*(?:${RECORDER_MARK}[ \\t]*)?$`);

/** Finds every line of the recorder. Never throws, whatever the text is. */
export function removeRecorder(text: string): RecorderRemoval {
  if (!text.includes(RECORDER_MARK)) return { edits: [], removed: 0, problems: [] };
  const lines = new LineIndex(text);
  const edits: Edit[] = [];
  const names = new Set<string>();
  let past = 0;
  for (let line = 0; line < lines.lineCount; line++) {
    const start = startOfLine(lines, line);
    if (start < past) continue;
    const end = endOfOurs(text, lines, line, start, names);
    if (end === undefined) continue;
    edits.push({ span: { start, end }, text: '' });
    past = end;
  }
  const problems: string[] = [];
  let watched = 0;
  for (const name of names) {
    for (const { start, end } of watchesOf(text, name)) {
      if (edits.some(({ span }) => start.start < span.end && span.start < start.end)) continue;
      if (end === undefined) {
        const line = lines.position(start.start).line + 1;
        problems.push(
          `the parenthesis of ${name}.${WATCH_METHOD}( in line ${line} is not closed, so it was left there`,
        );
        continue;
      }
      edits.push({ span: start, text: '' }, { span: end, text: '' });
      watched++;
    }
  }
  return { edits: sortEdits(edits), removed: edits.length - watched, problems };
}

/** The byte order mark is no part of the first line. */
function startOfLine(lines: LineIndex, line: number): number {
  const start = lines.lineStarts[line] ?? 0;
  return start === 0 && lines.text.charCodeAt(0) === 0xfeff ? 1 : start;
}

/** Where the statement of ours that begins in this line ends, its line end included; undefined for any other line. */
function endOfOurs(
  text: string,
  lines: LineIndex,
  line: number,
  start: number,
  names: Set<string>,
): number | undefined {
  const shown = text.slice(start, lines.lineEnd(line));
  const next = (at: number) => lines.lineStarts[at + 1] ?? text.length;
  if (IMPORT.test(shown)) return next(line);
  const call = CALL.exec(shown);
  if (!call) return undefined;
  const close = closingParenthesis(text, start + call[0].length);
  if (close === undefined) return undefined;
  const last = lines.position(close).line;
  const rest = text.slice(close + 1, lines.lineEnd(last));
  if (!END.test(rest) || !text.slice(start, lines.lineEnd(last)).includes(RECORDER_MARK)) return undefined;
  if (call[1] !== undefined) names.add(call[1]);
  return next(last);
}

/** Each `rec.watch(` with the parenthesis that closes it. */
function watchesOf(text: string, name: string): { start: Span; end: Span | undefined }[] {
  const found: { start: Span; end: Span | undefined }[] = [];
  const head = `${name}.${WATCH_METHOD}(`;
  // A quote that someone left open above turns strings inside out: then the names alone must do.
  const masked = maskStrings(text, true);
  const searched = masked.includes(head) ? masked : text;
  for (let at = searched.indexOf(head); at >= 0; at = searched.indexOf(head, at + 1)) {
    if (/[\p{L}\p{N}_.]/u.test(text.charAt(at - 1))) continue;
    const start = { start: at, end: at + head.length };
    const close = closingParenthesis(text, start.end);
    found.push({ start, end: close === undefined ? undefined : { start: close, end: close + 1 } });
  }
  return found;
}

/** The parenthesis that closes the one before `from`. */
export function closingParenthesis(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '"' || c === "'") at = skipString(text, at).end - 1;
    else if (c === '#') {
      while (at + 1 < text.length && !/[\r\n]/.test(text.charAt(at + 1))) at++;
    } else if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') {
      depth--;
      if (depth === 0) return c === ')' ? at : undefined;
    }
  }
  return undefined;
}
