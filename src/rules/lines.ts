// Statements as whole lines of text: what fixes that move, add or re-indent statements build on.

import type { Segment, Stmt } from '../syntax/ast';
import type { Span } from '../text/span';

export function lineStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && text[at - 1] !== '\n' && text[at - 1] !== '\r') at--;
  return at;
}

/** Offset just after the line end that follows `offset`. */
export function nextLine(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  if (text[at] === '\r' && text[at + 1] === '\n') return at + 2;
  return Math.min(at + 1, text.length);
}

export function indentationAt(segment: Segment, offset: number): string {
  const start = lineStart(segment.text, offset);
  return /^[ \t\f]*/.exec(segment.text.slice(start, offset))?.[0] ?? '';
}

/** One level of indentation, as the file writes it. */
export function indentUnit(text: string): string {
  return /^\t/m.test(text) ? '\t' : '    ';
}

export function newlineOf(segment: Segment): string {
  return /\r\n|\n|\r/.exec(segment.text)?.[0] ?? '\n';
}

/** Where a function or class really begins: at its first decorator. */
function statementStart(stmt: Stmt): number {
  if (stmt.kind !== 'FunctionDef' && stmt.kind !== 'ClassDef') return stmt.start;
  return Math.min(stmt.start, ...stmt.decorators.map((decorator) => decorator.start - 1));
}

/**
 * The whole lines of a statement that shares them with no other, from the comment lines directly above it (where asked)
 * to its line end. undefined where something else stands on its first or last line.
 */
export function wholeLines(segment: Segment, stmt: Stmt, withComments: boolean): Span | undefined {
  const { text } = segment;
  const first = statementStart(stmt);
  let start = lineStart(text, first);
  if (text.slice(start, first).trim() !== '') return undefined;
  const end = nextLine(text, stmt.end);
  if (!/^[ \t]*(#.*)?[\r\n]*$/.test(text.slice(stmt.end, end))) return undefined;
  if (withComments) {
    const indentation = text.slice(start, first);
    while (start > 0) {
      const above = lineStart(text, start - 1 - (text[start - 1] === '\n' && text[start - 2] === '\r' ? 1 : 0));
      const line = text.slice(above, start);
      if (!line.startsWith(`${indentation}#`)) break;
      start = above;
    }
  }
  return { start, end };
}

/** The text of whole lines with another indentation; undefined where a string or bracket spans lines that would change meaning. */
export function reindent(lines: string, from: string, to: string): string | undefined {
  if (from === to) return lines;
  if (/"""|'''/.test(lines)) return undefined;
  const parts = lines.split(/(?<=\n)|(?<=\r)(?!\n)/);
  const moved: string[] = [];
  for (const line of parts) {
    if (line.trim() === '') moved.push(line);
    else if (line.startsWith(from)) moved.push(to + line.slice(from.length));
    else return undefined;
  }
  return moved.join('');
}

/** Ends the text with a line end, which the last line of a file may lack. */
export function terminated(text: string, newline: string): string {
  return /[\r\n]$/.test(text) ? text : text + newline;
}
