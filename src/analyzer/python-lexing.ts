// Where Python's lines and string literals end, for work that comes before parsing.

/** Length of the line end at `at`: 0 if there is none, 2 for a carriage return with a line feed. */
export function lineEndLength(source: string, at: number): number {
  if (source[at] === '\r' && source[at + 1] === '\n') return 2;
  return source[at] === '\n' || source[at] === '\r' ? 1 : 0;
}

/** Offset of the line end, or of the end of the text, at or after `from`. */
export function endOfPhysicalLine(source: string, from: number): number {
  let at = from;
  while (at < source.length && source[at] !== '\n' && source[at] !== '\r') at++;
  return at;
}

/**
 * Offset after the string literal whose opening quote is at `start`; undefined for a triple-quoted one that is never
 * closed. A one-line string that is not closed ends with its line, as Python's own error recovery sees it.
 */
export function endOfString(source: string, start: number): number | undefined {
  const quote = source[start] as string;
  const isTriple = source.startsWith(quote.repeat(3), start);
  let at = start + (isTriple ? 3 : 1);
  while (at < source.length) {
    const c = source[at];
    if (c === '\\') at += 1 + Math.max(1, lineEndLength(source, at + 1));
    else if (isTriple && source.startsWith(quote.repeat(3), at)) return at + 3;
    else if (!isTriple && (c === quote || c === '\n' || c === '\r')) return c === quote ? at + 1 : at;
    else at++;
  }
  return isTriple ? undefined : source.length;
}
