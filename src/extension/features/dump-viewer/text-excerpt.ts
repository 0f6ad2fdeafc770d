// The lines of an artefact around the ones that are blamed, read again from the file and made fit to be shown.

import { newTextFacts, readLines } from '../../../dump/log/lines';
import { stripTerminalCodes } from '../../../dump/log/terminal-codes';
import type { ByteSource } from '../../../dump/model';
import type { TextExcerpt } from '../../../protocol/dump-view';
import { clip } from './shown-text';

const linesAround = 3;
const mostMarked = 80;
const longestLine = 2000;
/** Drawings of a progress bar that are kept of one line. */
const mostDrawings = 4;

/** Null where the file has no such lines any more. `span` is 1-based, both ends included. */
export async function readTextExcerpt(
  source: ByteSource,
  span: { readonly firstLine: number; readonly lastLine: number },
  signal: AbortSignal,
): Promise<TextExcerpt | null> {
  const marked = { first: span.firstLine, last: Math.min(span.lastLine, span.firstLine + mostMarked - 1) };
  const firstLine = Math.max(1, marked.first - linesAround);
  const lastLine = marked.last + linesAround;
  const drawings: string[][] = [];
  reading: for await (const batch of readLines(source, newTextFacts(), signal)) {
    for (const { number, text } of batch) {
      if (number > lastLine) break reading;
      if (number < firstLine) continue;
      const line = drawings[number - firstLine];
      if (line) line.push(text);
      else drawings[number - firstLine] = [text];
    }
  }
  if (drawings.length <= marked.first - firstLine) return null;
  return { firstLine, lines: drawings.map(joinDrawings), marked };
}

/** A progress bar draws itself over and over; what stood there last is what a terminal would show. */
function joinDrawings(drawings: readonly string[]): string {
  const seen = drawings.map(stripTerminalCodes).filter((text) => text.trim() !== '');
  return clip(seen.slice(-mostDrawings).join(' ⏎ '), longestLine);
}
