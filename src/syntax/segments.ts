// Cuts a text into runs of whole top-level statements by looking at lines, strings and brackets alone. A pure function
// of the text: parsing segment by segment gives the same trees however the text came to be.

/** Lines that cannot stand inside brackets: an open bracket above them was forgotten, not left open on purpose. */
const BREAKS_BRACKETS =
  /(?:def|class|import|with|while|raise|assert|global|nonlocal|del)[ \t]|async[ \t]+(?:def|with)\b|from[ \t]+[\w.]+[ \t]+import\b|@[\p{L}_]|(?:try|finally)[ \t]*:|(?:return|pass|break|continue)\b(?![ \t]*=)/uy;
const DEFINITION = /(?:def|class)\b|async[ \t]+def\b/y;
const CONTINUATION = /(?:elif|else|except|finally)\b/y;
/** Everything at which the lexer has something to do. */
const INTERESTING = /[#'"()[\]{}\\\r\n]/g;
const IN_TRIPLE = /["'\\]/g;
const IN_STRING = /["'\\{}\r\n]/g;

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** Offset just after the line end at or after `from`. */
function nextLine(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) return i + 1;
    if (c === 13) return text.charCodeAt(i + 1) === 10 ? i + 2 : i + 1;
  }
  return text.length;
}

/** Offset just after the string that opens at `at` (a quote); stops at the line end where one-line quotes stay open. */
export function skipString(text: string, at: number, indent = ''): { end: number; closed: boolean } {
  const quote = text.charAt(at);
  const closing = quote.repeat(3);
  const triple = text.startsWith(closing, at);
  const stops = triple ? IN_TRIPLE : IN_STRING;
  const isFormat = !triple && hasFormatPrefix(text, at);
  let braces = 0;
  let i = at + (triple ? 3 : 1);
  for (;;) {
    stops.lastIndex = i;
    const found = stops.exec(text);
    if (!found) return { end: text.length, closed: false };
    i = found.index;
    const c = found[0];
    if (c === '\\') {
      i += text.startsWith('\r\n', i + 1) ? 3 : 2;
    } else if (c === quote) {
      if (!triple) return { end: i + 1, closed: true };
      if (text.startsWith(closing, i)) return { end: i + 3, closed: true };
      i++;
    } else {
      if (c === '{') braces++;
      else if (c === '}') braces--;
      else if (c === '\n' || c === '\r') {
        // Since Python 3.12 the braces of a one-line f-string may hold line ends.
        const mayGoOn = isFormat && braces > 0 && !startsRecovery(text, nextLine(text, i), indent);
        if (!mayGoOn) return { end: i, closed: false };
      }
      i++;
    }
  }
}

function hasFormatPrefix(text: string, quoteAt: number): boolean {
  for (let i = quoteAt - 1; i >= 0 && i >= quoteAt - 2; i--) {
    const c = text.charAt(i);
    if (c === 'f' || c === 'F' || c === 't' || c === 'T') return true;
    if (c !== 'r' && c !== 'R') return false;
  }
  return false;
}

/** Whether the line can only be a new statement at the left margin, or at `indent`. */
function startsRecovery(text: string, lineStart: number, indent: string): boolean {
  if (lineStart >= text.length) return false;
  if (matchesAt(BREAKS_BRACKETS, text, lineStart)) return true;
  return (
    indent !== '' && text.startsWith(indent, lineStart) && matchesAt(BREAKS_BRACKETS, text, lineStart + indent.length)
  );
}

/** First line at or after `from` that can only be the start of a top-level statement; the text's end if there is none. */
function recoveryPoint(text: string, from: number, indent: string): number {
  let at = nextLine(text, from);
  while (at < text.length && !startsRecovery(text, at, indent)) at = nextLine(text, at);
  return at;
}

/** Each unclosed triple quote is looked for up to the end of the text: a few are, so that the whole stays linear. */
interface RecoveryBudget {
  unclosedStrings: number;
}

/**
 * Offset of the line after the logical line that starts at `lineStart`: strings, brackets and backslashes join lines.
 * An open bracket is given up at a line that cannot stand inside one; an unclosed triple quote at the next such line.
 */
function skipLogicalLine(text: string, lineStart: number, budget: RecoveryBudget, indent = ''): number {
  let depth = 0;
  let at = lineStart;
  for (;;) {
    INTERESTING.lastIndex = at;
    const found = INTERESTING.exec(text);
    if (!found) return text.length;
    at = found.index;
    switch (found[0]) {
      case '#':
        while (at < text.length && text.charAt(at) !== '\n' && text.charAt(at) !== '\r') at++;
        break;
      case "'":
      case '"': {
        const { end, closed } = skipString(text, at, indent);
        const isUnclosedTriple = !closed && end === text.length && text.startsWith(found[0].repeat(3), at);
        if (isUnclosedTriple && budget.unclosedStrings > 0) {
          budget.unclosedStrings--;
          return recoveryPoint(text, at, indent);
        }
        at = end;
        break;
      }
      case '\\': {
        const c = text.charAt(at + 1);
        at = c === '\r' || c === '\n' ? nextLine(text, at + 1) : at + 1;
        break;
      }
      case '\r':
      case '\n':
        at = nextLine(text, at);
        if (depth <= 0 || startsRecovery(text, at, indent)) return at;
        break;
      case '(':
      case '[':
      case '{':
        depth++;
        at++;
        break;
      default:
        depth = Math.max(0, depth - 1);
        at++;
    }
  }
}

/** A logical line that holds code: where it starts, and where its first token does. */
export interface LogicalLine {
  readonly start: number;
  readonly first: number;
  /** Blank lines stand directly above (comment lines apart). */
  readonly afterBlank: boolean;
  /** Start of the comment lines at the left margin directly above; -1 where there are none. */
  readonly commentsFrom: number;
}

/**
 * The logical lines of a text, blank and comment lines left out.
 * @param indent asked at each line: besides the left margin, where a statement ends a bracket left open above it.
 */
export function* logicalLines(text: string, indent: () => string = () => ''): Generator<LogicalLine> {
  const budget: RecoveryBudget = { unclosedStrings: 8 };
  let commentsFrom = -1;
  let afterBlank = false;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    let first = at;
    let start = at;
    for (; first < text.length; first++) {
      const c = text.charCodeAt(first);
      if (c === 12) start = first + 1;
      else if (c !== 32 && c !== 9) break;
    }
    const c = text.charAt(first);
    if (c === '' || c === '\n' || c === '\r') {
      afterBlank = true;
      commentsFrom = -1;
      at = nextLine(text, first);
    } else if (c === '#') {
      if (first === start && commentsFrom < 0) commentsFrom = at;
      at = nextLine(text, first);
    } else {
      yield { start, first, afterBlank, commentsFrom };
      afterBlank = false;
      commentsFrom = -1;
      at = skipLogicalLine(text, first, budget, indent());
    }
  }
}

/** Offsets at which segments start: 0, then line starts (after a form feed, where there is one). None for no text. */
export function segmentStarts(text: string): number[] {
  if (text.length === 0) return [];
  const starts = [0];
  let seenStatement = false;
  let inDefinition = false;
  let afterDecorator = false;
  for (const { start, first, afterBlank, commentsFrom } of logicalLines(text)) {
    if (start !== first) continue;
    const isDecorator = text.charAt(first) === '@';
    const isDefinition = isDecorator || matchesAt(DEFINITION, text, first);
    const mayCut = seenStatement && !afterDecorator && !matchesAt(CONTINUATION, text, first);
    if (mayCut && (isDefinition || inDefinition || afterBlank)) starts.push(commentsFrom >= 0 ? commentsFrom : start);
    if (isDefinition || mayCut) inDefinition = isDefinition;
    afterDecorator = isDecorator;
    seenStatement = true;
  }
  return starts;
}

/** The texts of the segments, which joined give `text` again. */
export function cutSegments(text: string): string[] {
  const starts = segmentStarts(text);
  return starts.map((start, index) => text.slice(start, starts[index + 1] ?? text.length));
}
