// Writes suppressions: the edits that add `# nanlens: ignore[...]` to a line or `# nanlens: ignore-file[...]` to a file.

import type { Edit } from '../text/edit';
import { LineIndex } from '../text/line-index';
import type { Span } from '../text/span';
import { endOfPhysicalLine, endOfString, lineEndLength } from './python-lexing';

interface PhysicalLine {
  readonly start: number;
  /** Its line end not included. */
  readonly end: number;
  /** Where its comment's `#` stands. */
  readonly comment: number | undefined;
  /** A string or a backslash carries it over to the next line, so that no comment can stand at its end. */
  readonly isContinued: boolean;
}

/** The lines of `text` as Python's lexer sees them. */
function physicalLines(text: string): PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  let start = 0;
  let at = 0;
  let comment: number | undefined;
  const endLine = (end: number, isContinued: boolean): void => {
    lines.push({ start, end, comment, isContinued });
    start = end + lineEndLength(text, end);
    comment = undefined;
  };
  while (at < text.length) {
    const c = text[at];
    if (c === '\n' || c === '\r') {
      endLine(at, false);
      at = start;
    } else if (c === '#') {
      comment = at;
      at = endOfPhysicalLine(text, at);
    } else if (c === '"' || c === "'") {
      const end = endOfString(text, at) ?? text.length;
      for (let line = endOfPhysicalLine(text, at); line < end; line = endOfPhysicalLine(text, start)) {
        endLine(line, true);
      }
      at = end;
    } else if (c === '\\' && lineEndLength(text, at + 1) > 0) {
      endLine(at + 1, true);
      at = start;
    } else at++;
  }
  endLine(text.length, false);
  return lines;
}

/** The line end that the text uses; a line feed where it has none. */
function lineEndOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

function insertion(at: number, text: string): Edit {
  return { span: { start: at, end: at }, text };
}

/** An edit that adds `code` to the directive's bracketed list in the comment, if the comment has such a list. */
function addToList(text: string, comment: Span, directive: 'ignore' | 'ignore-file', code: string): Edit | undefined {
  const pattern = new RegExp(`#\\s*nanlens\\s*:\\s*${directive}\\s*\\[([^\\]]*)\\]`, 'i');
  const match = pattern.exec(text.slice(comment.start, comment.end));
  if (!match) return undefined;
  const list = match[1] ?? '';
  const end = comment.start + match.index + match[0].length - 1;
  return insertion(end - (list.length - list.trimEnd().length), list.trim() === '' ? code : `, ${code}`);
}

/**
 * The edit that silences `code` for a finding at `span`: in the comment of the span's first line, else of its last,
 * else on a line of its own above, where strings and backslashes leave no room for a comment.
 */
export function ignoreOnLine(text: string, span: Span, code: string): Edit {
  const index = new LineIndex(text);
  const lines = physicalLines(text);
  const first = index.position(span.start).line;
  const last = index.position(Math.max(span.start, span.end - 1)).line;
  for (const number of [first, last]) {
    const line = lines[number];
    if (!line || line.isContinued) continue;
    if (line.comment !== undefined) {
      const added = addToList(text, { start: line.comment, end: line.end }, 'ignore', code);
      if (added) return added;
    }
    const content = text.slice(line.start, line.end);
    const end = line.start + content.trimEnd().length;
    return { span: { start: end, end: line.end }, text: `${end > line.start ? '  ' : ''}# nanlens: ignore[${code}]` };
  }
  let above = first;
  while (lines[above - 1]?.isContinued) above--;
  const line = lines[above] ?? { start: 0, end: 0 };
  const indent = /^\s*/.exec(text.slice(line.start, line.end))?.[0] ?? '';
  return insertion(line.start, `${indent}# nanlens: ignore[${code}]${lineEndOf(text)}`);
}

/** Lines that must stay first: the interpreter's, the encoding's (in the first two lines) and a notebook cell's magic. */
function mustStayAbove(line: string, number: number): boolean {
  if (number === 0 && /^\uFEFF?(?:#!|%%)/.test(line)) return true;
  return number < 2 && /^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+/.test(line);
}

/** The edit that silences `code` in the whole file. */
export function ignoreInFile(text: string, code: string): Edit {
  const lines = physicalLines(text);
  for (const line of lines) {
    const content = text.slice(line.start, line.end);
    if (!/^[\uFEFF\s]*(?:#|$)/.test(content)) break;
    if (line.comment === undefined) continue;
    const added = addToList(text, { start: line.comment, end: line.end }, 'ignore-file', code);
    if (added) return added;
  }
  let number = 0;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let line = lines[0]; line && mustStayAbove(text.slice(line.start, line.end), number); line = lines[number]) {
    number++;
    at = line.end + lineEndLength(text, line.end);
  }
  const endsLine = at === 0 || text[at - 1] === '\n' || text[at - 1] === '\r' || text.charCodeAt(at - 1) === 0xfeff;
  const lineEnd = lineEndOf(text);
  return insertion(at, `${endsLine ? '' : lineEnd}# nanlens: ignore-file[${code}]${lineEnd}`);
}
