// Cuts a text into runs of whole top-level statements by looking at lines, strings and brackets alone. A pure function
// of the text: parsing segment by segment gives the same trees however the text came to be.

/** Lines that cannot stand inside brackets: an open bracket above them was forgotten, not left open on purpose. */
const BREAKS_BRACKETS =
  /(?:def|class|import|with|while|raise|assert|global|nonlocal|del)[ \t]|async[ \t]+(?:def|with)\b|from[ \t]+[\w.]+[ \t]+import\b|@[\p{L}_]|(?:try|finally)[ \t]*:|(?:return|pass|break|continue)\b(?![ \t]*=)/uy;
const DEFINITION = /(?:def|class)\b|async[ \t]+def\b/y;
const CONTINUATION = /(?:elif|else|except|finally)\b/y;
/** Everything at which the lexer has something to do. */
const INTERESTING = /[#'"()[\]{}\\\r\n]/g;

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
function skipString(text: string, at: number): { end: number; closed: boolean } {
  const quote = text.charAt(at);
  const triple = text.startsWith(quote.repeat(3), at);
  const isFormat = hasFormatPrefix(text, at);
  let braces = 0;
  let i = at + (triple ? 3 : 1);
  for (; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '\\') {
      if (text.charAt(i + 1) === '\r' && text.charAt(i + 2) === '\n') i++;
      i++;
    } else if (c === quote) {
      if (!triple) return { end: i + 1, closed: true };
      if (text.startsWith(quote.repeat(3), i)) return { end: i + 3, closed: true };
    } else if (triple) {
    } else if (c === '\n' || c === '\r') {
      // Since Python 3.12 the braces of a one-line f-string may hold line ends.
      if (!isFormat || braces <= 0 || startsRecovery(text, nextLine(text, i))) return { end: i, closed: false };
    } else if (c === '{') braces++;
    else if (c === '}') braces--;
  }
  return { end: Math.min(i, text.length), closed: false };
}

function hasFormatPrefix(text: string, quoteAt: number): boolean {
  for (let i = quoteAt - 1; i >= 0 && i >= quoteAt - 2; i--) {
    const c = text.charAt(i);
    if (c === 'f' || c === 'F' || c === 't' || c === 'T') return true;
    if (c !== 'r' && c !== 'R') return false;
  }
  return false;
}

function startsRecovery(text: string, lineStart: number): boolean {
  return lineStart < text.length && matchesAt(BREAKS_BRACKETS, text, lineStart);
}

/** First line at or after `from` that can only be the start of a top-level statement; the text's end if there is none. */
function recoveryPoint(text: string, from: number): number {
  let at = nextLine(text, from);
  while (at < text.length && !startsRecovery(text, at)) at = nextLine(text, at);
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
function skipLogicalLine(text: string, lineStart: number, budget: RecoveryBudget): number {
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
        const { end, closed } = skipString(text, at);
        const isUnclosedTriple = !closed && end === text.length && text.startsWith(found[0].repeat(3), at);
        if (isUnclosedTriple && budget.unclosedStrings > 0) {
          budget.unclosedStrings--;
          return recoveryPoint(text, at);
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
        if (depth <= 0 || startsRecovery(text, at)) return at;
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

/** Offsets at which segments start: the first is 0, all are line starts. Empty for the empty text. */
export function segmentStarts(text: string): number[] {
  if (text.length === 0) return [];
  const starts = [0];
  const budget: RecoveryBudget = { unclosedStrings: 8 };
  /** Start of the comment lines that stand directly above the line being looked at. */
  let commentsFrom = -1;
  let afterBlank = false;
  let seenStatement = false;
  let inDefinition = false;
  let afterDecorator = false;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    let first = at;
    let isIndented = false;
    for (; first < text.length; first++) {
      const c = text.charCodeAt(first);
      if (c === 32 || c === 9) isIndented = true;
      else if (c === 12) isIndented = false;
      else break;
    }
    const c = text.charAt(first);
    if (c === '' || c === '\n' || c === '\r') {
      afterBlank = true;
      commentsFrom = -1;
      at = nextLine(text, first);
      continue;
    }
    if (c === '#') {
      if (!isIndented && commentsFrom < 0) commentsFrom = at;
      at = nextLine(text, first);
      continue;
    }
    if (!isIndented) {
      const isDecorator = c === '@';
      const isDefinition = isDecorator || matchesAt(DEFINITION, text, first);
      const mayCut = seenStatement && !afterDecorator && !matchesAt(CONTINUATION, text, first);
      if (mayCut && (isDefinition || inDefinition || afterBlank)) starts.push(commentsFrom >= 0 ? commentsFrom : at);
      if (isDefinition || mayCut) inDefinition = isDefinition;
      afterDecorator = isDecorator;
      seenStatement = true;
    }
    afterBlank = false;
    commentsFrom = -1;
    at = skipLogicalLine(text, first, budget);
  }
  return starts;
}

/** The texts of the segments, which joined give `text` again. */
export function cutSegments(text: string): string[] {
  const starts = segmentStarts(text);
  return starts.map((start, index) => text.slice(start, starts[index + 1] ?? text.length));
}
