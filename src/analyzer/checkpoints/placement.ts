// Where an inserted check can stand: on a line of its own where the statement has its lines to itself, else beside it.

import type { Edit } from '../../text/edit';
import { LineIndex } from '../../text/line-index';
import { CHECK_MARK } from './helper-source';

export class Placement {
  private readonly lines: LineIndex;

  constructor(readonly text: string) {
    this.lines = new LineIndex(text);
  }

  /** 1-based. */
  lineOf(offset: number): number {
    return this.lines.position(offset).line + 1;
  }

  /** The line end that the file begins with; a line feed where it has none. */
  get lineEnd(): string {
    return /\r\n|\n|\r/.exec(this.text)?.[0] ?? '\n';
  }

  /** Inserts `check` so that it runs right after the simple statement at `start`–`end` (absolute). */
  after(start: number, end: number, check: string): Edit {
    const indent = this.ownIndent(start);
    const last = this.lines.position(end).line;
    const next = this.lines.lineStarts[last + 1];
    const rest = this.text.slice(end, this.lines.lineEnd(last));
    if (indent === undefined || next === undefined || !/^[ \t]*(?:#.*)?$/.test(rest)) {
      return { span: { start: end, end }, text: `; ${check}` };
    }
    const lineEnd = this.text.slice(this.lines.lineEnd(last), next);
    return { span: { start: next, end: next }, text: `${indent}${check}  ${CHECK_MARK}${lineEnd}` };
  }

  /** Inserts a check that runs right before the simple statement at `start`; `inline` is its form beside a statement. */
  before(start: number, check: string, inline: string): Edit {
    const indent = this.ownIndent(start);
    if (indent === undefined) return { span: { start, end: start }, text: `${inline}; ` };
    const at = start - indent.length;
    return { span: { start: at, end: at }, text: `${indent}${check}  ${CHECK_MARK}${this.lineEndBefore(at)}` };
  }

  private lineEndBefore(lineStart: number): string {
    return /(?:\r\n|\n|\r)$/.exec(this.text.slice(Math.max(0, lineStart - 2), lineStart))?.[0] ?? this.lineEnd;
  }

  /** The white space before the statement, if nothing else stands before it on its logical line. */
  private ownIndent(start: number): string | undefined {
    const line = this.lines.position(start).line;
    const indent = this.text.slice(this.lines.lineStarts[line], start);
    if (!/^[ \t]*$/.test(indent)) return undefined;
    const isContinued = line > 0 && this.lines.lineText(line - 1).endsWith('\\');
    return isContinued ? undefined : indent;
  }
}
