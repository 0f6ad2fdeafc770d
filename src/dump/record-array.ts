// A JSON list of metrics records, read entry by entry: each keeps its lines, and one that is broken costs none before it.

import { isObject } from './field-reader';
import { RecordReader } from './metric-record';
import type { MetricStory } from './metric-story';
import type { DumpProblem } from './model';
import { readJson } from './tolerant-json';

/** @param start right behind the bracket that opens the list */
export function readRecordArray(text: string, start: number, story: MetricStory): DumpProblem[] {
  const records = new RecordReader();
  const lines = new LineCounter(text);
  let at = start;
  for (let i = 0; ; i++) {
    at = skipSeparators(text, at);
    if (text[at] === ']') return [];
    const from = at;
    const { value, problem, breaksOff, end } = readJson(text, from);
    const firstLine = lines.lineOf(from);
    if (problem !== null) {
      const message = breaksOff || from >= text.length ? 'The list of records breaks off here.' : problem.message;
      return [{ message, line: lines.lineOf(Math.min(end, text.length)) }];
    }
    if (isObject(value)) {
      const span = { firstLine, lastLine: lines.lineOf(end) };
      story.row({
        ...records.read(value),
        time: i,
        span,
        message: () => onOneLine(text.slice(from, Math.min(end, from + 4000))),
      });
    }
    at = end;
  }
}

/** Without the braces and the line breaks that only serve reading. */
function onOneLine(entry: string): string {
  return entry.replace(/^\{\s*|\s*\}$/g, '').replace(/,\s*\n\s*/g, ', ');
}

const separators = /[\s,]*/y;

function skipSeparators(text: string, at: number): number {
  separators.lastIndex = at;
  return at + (separators.exec(text)?.[0].length ?? 0);
}

/** Lines of growing offsets, each line feed looked at once. */
class LineCounter {
  private line = 1;
  private at = 0;

  constructor(private readonly text: string) {}

  lineOf(offset: number): number {
    for (;;) {
      const feed = this.text.indexOf('\n', this.at);
      if (feed < 0 || feed >= offset) return this.line;
      this.line++;
      this.at = feed + 1;
    }
  }
}
