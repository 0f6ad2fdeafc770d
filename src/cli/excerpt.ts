// The source around a finding, with line numbers and carets under what is flagged.

import type { LineIndex } from '../text/line-index';
import type { Span } from '../text/span';
import { characterWidth, type Paint, visibleCharacter } from './terminal';

const CONTEXT_LINES = 2;
/** A flagged span of more lines is cut in its middle. */
const MAX_FLAGGED_LINES = 6;
/** Characters shown of one line, and how many of them before the flagged part. */
const MAX_LINE_CHARACTERS = 160;
const CHARACTERS_BEFORE = 60;
const TAB_WIDTH = 4;

/** A stretch of a source line as it is shown. */
interface ShownLine {
  readonly text: string;
  /** Display columns of the flagged part; equal where nothing is flagged. */
  readonly from: number;
  readonly to: number;
}

/** @param from, to UTF-16 columns of the flagged part */
function show(source: string, from: number, to: number): ShownLine {
  const isLong = source.length > MAX_LINE_CHARACTERS;
  const cropStart = isLong ? Math.max(0, Math.min(from - CHARACTERS_BEFORE, source.length - MAX_LINE_CHARACTERS)) : 0;
  const cropEnd = isLong ? cropStart + MAX_LINE_CHARACTERS : source.length;
  let text = cropStart > 0 ? '…' : '';
  let width = text.length;
  let column = cropStart;
  let shownFrom: number | undefined;
  let shownTo: number | undefined;
  for (const character of source.slice(cropStart, cropEnd)) {
    if (column >= from) shownFrom ??= width;
    if (column >= to) shownTo ??= width;
    const shown = character === '\t' ? ' '.repeat(TAB_WIDTH - (width % TAB_WIDTH)) : visibleCharacter(character);
    text += shown;
    width += character === '\t' ? shown.length : characterWidth(shown);
    column += character.length;
  }
  if (cropEnd < source.length) text += '…';
  const start = shownFrom ?? width;
  return { text: text.trimEnd(), from: start, to: Math.max(start, shownTo ?? width) };
}

/** Rows of the excerpt, without line ends. `mark` paints the carets. */
export function excerpt(lines: LineIndex, span: Span, paint: Paint, mark: (text: string) => string): string[] {
  const first = lines.position(span.start);
  const last = lines.position(Math.max(span.start, span.end - 1));
  const isBlank = (line: number): boolean => lines.lineText(line).trim() === '';
  let top = Math.max(0, first.line - CONTEXT_LINES);
  let bottom = Math.min(lines.lineCount - 1, last.line + CONTEXT_LINES);
  while (top < first.line && isBlank(top)) top++;
  while (bottom > last.line && isBlank(bottom)) bottom--;
  const gutter = `${bottom + 1}`.length;
  const bar = paint.blue('|');
  const rows = [`${' '.repeat(gutter)} ${bar}`];
  const omitted = last.line - first.line + 1 - MAX_FLAGGED_LINES;
  for (let line = top; line <= bottom; line++) {
    if (omitted > 0 && line === first.line + MAX_FLAGGED_LINES / 2) {
      rows.push(`${'.'.repeat(gutter)} ${bar} ${paint.dim(`${omitted} lines`)}`);
      line += omitted;
    }
    const source = lines.lineText(line);
    const isFlagged = line >= first.line && line <= last.line;
    const indent = source.length - source.trimStart().length;
    const from = line === first.line ? first.column : indent;
    const end = lines.offset({ line, column: source.length });
    const to = span.end >= end ? source.length : span.end - (end - source.length);
    const shown = isFlagged ? show(source, from, Math.max(from, to)) : show(source, 0, 0);
    const number = paint.blue(`${line + 1}`.padStart(gutter));
    rows.push(`${number} ${bar} ${shown.text}`.trimEnd());
    // An empty span is a place; it is marked by one caret.
    const carets = Math.max(shown.to - shown.from, line === first.line ? 1 : 0);
    if (isFlagged && carets > 0) {
      rows.push(`${' '.repeat(gutter)} ${bar} ${' '.repeat(shown.from)}${mark('^'.repeat(carets))}`);
    }
  }
  return rows;
}
