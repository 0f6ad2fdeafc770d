// IPython's magics, shell lines and help requests, replaced by Python of the same length so that offsets hold.

import { endOfPhysicalLine, endOfString, lineEndLength } from './python-lexing';

/** Cell magics whose body is Python that runs in the notebook's own namespace. */
const PYTHON_CELL_MAGICS = new Set(['capture', 'memit', 'mprun', 'prun', 'time', 'timeit']);

/** Line magics whose argument is a Python statement, where no option stands before it. */
const PYTHON_LINE_MAGICS = /^%(?:time|timeit|prun|memit)[ \t]+(?=[^-\s])/;

const ASSIGNED_MAGIC = /^([A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)*[ \t]*=[ \t]*)([!%][^=\s].*)$/;

const HELP_REQUEST = /^(?:\?{1,2}[^?]*|[%\w.*[\]]+\?{1,2})[ \t]*$/;

/** A stretch of the cell that is not Python and was blanked. */
export interface BlankedSpan {
  readonly start: number;
  readonly end: number;
}

export interface NeutralisedCell {
  /** Of the same length as the source, with line ends at the same places. */
  readonly text: string;
  readonly blanked: readonly BlankedSpan[];
  /** Why the whole cell was left out, in words; undefined if it was not. */
  readonly skipped: string | undefined;
  /** Offset before which nothing may be inserted: the end of a cell magic's line, else 0. */
  readonly bodyStart: number;
}

interface LogicalLine {
  readonly start: number;
  /** Before the line end. */
  readonly end: number;
}

/**
 * Splits a cell into logical lines: brackets, strings and backslashes join physical ones. A line that IPython would
 * rewrite (magic, shell, help) ends where it ends physically, for a quote or bracket in it means nothing to Python.
 *
 * @returns undefined where a bracket or string is still open at the end
 */
function logicalLines(source: string): LogicalLine[] | undefined {
  const lines: LogicalLine[] = [];
  let at = 0;
  while (at < source.length) {
    const end = isIPythonLine(source, at) ? endOfContinuedLine(source, at) : endOfLogicalLine(source, at);
    if (end === undefined) return undefined;
    lines.push({ start: at, end });
    at = end + lineEndLength(source, end);
    if (at === end) break;
  }
  return lines;
}

function isIPythonLine(source: string, start: number): boolean {
  const text = source.slice(start, endOfPhysicalLine(source, start)).trimStart();
  return /^[!%?]/.test(text) || HELP_REQUEST.test(text) || ASSIGNED_MAGIC.test(text);
}

/** End of a magic or shell line, with the lines that backslashes join to it. */
function endOfContinuedLine(source: string, start: number): number {
  let end = endOfPhysicalLine(source, start);
  while (source[end - 1] === '\\' && end < source.length) {
    end = endOfPhysicalLine(source, end + lineEndLength(source, end));
  }
  return end;
}

function endOfLogicalLine(source: string, start: number): number | undefined {
  let depth = 0;
  let at = start;
  while (at < source.length) {
    const c = source[at];
    if (c === '\n' || c === '\r') {
      if (depth === 0) return at;
      at++;
    } else if (c === '\\') {
      const joined = lineEndLength(source, at + 1);
      if (joined > 0 && at + 1 + joined >= source.length) return undefined;
      at += 1 + Math.max(1, joined);
      if (at > source.length) return undefined;
    } else if (c === '#') {
      at = endOfPhysicalLine(source, at);
    } else if (c === '"' || c === "'") {
      const end = endOfString(source, at);
      if (end === undefined) return undefined;
      at = end;
    } else {
      if (c === '(' || c === '[' || c === '{') depth++;
      else if ((c === ')' || c === ']' || c === '}') && depth > 0) depth--;
      at++;
    }
  }
  return depth === 0 ? at : undefined;
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}

/** A statement that says nothing, of the given text's length: a block must not be left empty. */
function emptyStatement(text: string): string {
  const first = text.search(/\S/);
  return first < 0 ? text : `${text.slice(0, first)}_${blank(text.slice(first + 1))}`;
}

/** The cell as plain Python of the same length. Never throws. */
export function neutraliseCell(source: string): NeutralisedCell {
  const wholeCell = (reason: string | undefined): NeutralisedCell => ({
    text: blank(source),
    blanked: [{ start: 0, end: source.length }],
    skipped: reason,
    bodyStart: source.length,
  });
  const first = source.search(/\S/);
  let bodyStart = 0;
  let head = '';
  const blanked: BlankedSpan[] = [];
  if (first >= 0 && source.startsWith('%%', first)) {
    const end = endOfPhysicalLine(source, first);
    const name = /^%%(\w+)/.exec(source.slice(first, end))?.[1] ?? '';
    if (!PYTHON_CELL_MAGICS.has(name)) return wholeCell(undefined);
    bodyStart = end + lineEndLength(source, end);
    head = blank(source.slice(0, bodyStart));
    blanked.push({ start: 0, end: bodyStart });
  }
  const body = source.slice(bodyStart);
  const lines = logicalLines(body);
  if (lines === undefined) return wholeCell('a bracket or string in this cell is never closed, so it is left out');
  let text = '';
  let at = 0;
  for (const line of lines) {
    const original = body.slice(line.start, line.end);
    const python = neutraliseLine(original);
    text += body.slice(at, line.start) + python.text;
    at = line.end;
    if (python.blankedFrom < python.blankedTo) {
      blanked.push({
        start: bodyStart + line.start + python.blankedFrom,
        end: bodyStart + line.start + python.blankedTo,
      });
    }
  }
  return { text: head + text + body.slice(at), blanked, skipped: undefined, bodyStart };
}

interface NeutralisedLine {
  readonly text: string;
  readonly blankedFrom: number;
  readonly blankedTo: number;
}

function neutraliseLine(line: string): NeutralisedLine {
  const indent = line.length - line.trimStart().length;
  const content = line.slice(indent);
  const timed = PYTHON_LINE_MAGICS.exec(content);
  if (timed) {
    const prefix = timed[0];
    const blankedTo = indent + prefix.length;
    // "%time x = f()" becomes "_    ;x = f()", for an indented statement would be a syntax error.
    const text = `${line.slice(0, indent)}_${' '.repeat(prefix.length - 2)};${line.slice(blankedTo)}`;
    return { text, blankedFrom: indent, blankedTo };
  }
  if (/^[!%?]/.test(content) || HELP_REQUEST.test(content)) {
    return { text: emptyStatement(line), blankedFrom: indent, blankedTo: line.length };
  }
  const assigned = ASSIGNED_MAGIC.exec(content);
  if (assigned) {
    const kept = indent + (assigned[1] as string).length;
    // A name of which nothing is known stands for whatever the shell answers.
    return { text: line.slice(0, kept) + emptyStatement(line.slice(kept)), blankedFrom: kept, blankedTo: line.length };
  }
  return { text: line, blankedFrom: 0, blankedTo: 0 };
}
