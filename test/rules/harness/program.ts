// Takes the marks (`# error: [CODE]`) and the caret lines out of a program, and keeps what they say.

import type { Confidence } from '../../../src/analyzer/finding';
import type { Span } from '../../../src/text/span';
import type { Mark } from './fixture';

const MARK = /\s*# error: \[(NAN\d{3})\](?: \((proven|likely|possible)\))?(?: "([^"]*)")?/;
const MARKS_AT_END = new RegExp(`(?:${MARK.source})+$`);
const CARETS = /^(?:#|\s)?[\s^]*\^[\s^]*$/;

interface DraftMark {
  readonly code: string;
  readonly line: number;
  span: Span | undefined;
  readonly confidence: Confidence | undefined;
  readonly message: string | undefined;
}

function confidenceOf(word: string | undefined): Confidence | undefined {
  return word === 'proven' || word === 'likely' || word === 'possible' ? word : undefined;
}

/** @throws Error that starts with `where` if carets and marks do not fit together. */
export function readProgram(body: readonly string[], where: string): { source: string; marks: Mark[] } {
  const lines: string[] = [];
  const marks: DraftMark[] = [];
  let offset = 0;
  let lastLineStart = 0;
  body.forEach((text, i) => {
    if (CARETS.test(text)) {
      drawSpans(text, lines.length - 1, lastLineStart, marks, `${where} line ${i + 1} of the program`);
      return;
    }
    const found = MARKS_AT_END.exec(text);
    for (const mark of found?.[0].matchAll(new RegExp(MARK, 'g')) ?? []) {
      const [, code = '', confidence, message] = mark;
      marks.push({ code, line: lines.length, span: undefined, confidence: confidenceOf(confidence), message });
    }
    const kept = found ? text.slice(0, found.index) : text;
    if (kept.includes('# error:')) throw new Error(`${where} line ${i + 1} of the program: a mark that cannot be read`);
    lines.push(kept);
    lastLineStart = offset;
    offset += kept.length + 1;
  });
  return { source: lines.map((line) => `${line}\n`).join(''), marks };
}

/** Carets under the line that was kept last: spans of its own marks, or the rest of one that began above. */
function drawSpans(text: string, line: number, lineStart: number, marks: DraftMark[], where: string): void {
  const runs = [...text.matchAll(/\^+/g)].map(({ index, 0: run }) => ({
    start: lineStart + index,
    end: lineStart + index + run.length,
  }));
  const own = marks.filter((mark) => mark.line === line);
  if (own.length > 0) {
    if (runs.length !== own.length) throw new Error(`${where}: ${runs.length} runs of carets for ${own.length} marks`);
    own.forEach((mark, i) => {
      mark.span = runs[i];
    });
    return;
  }
  const open = marks.at(-1);
  const [run, ...more] = runs;
  if (open?.span === undefined || run === undefined || more.length > 0) {
    throw new Error(`${where}: carets under a line that no mark belongs to`);
  }
  open.span = { start: open.span.start, end: run.end };
}
