// A text with its strings and comments blanked out, for looking for code by its letters.

import { skipString } from './segments';

const OPENING = /["'#]/g;

/**
 * The same length and the same line ends, with a space for each other character of strings (quotes included) and, if
 * wanted, of comments.
 */
export function maskStrings(text: string, maskComments: boolean): string {
  let masked = '';
  let last = 0;
  for (;;) {
    OPENING.lastIndex = last;
    const found = OPENING.exec(text);
    if (!found) return masked + text.slice(last);
    const at = found.index;
    let end: number;
    let mask = true;
    if (found[0] === '#') {
      end = endOfLine(text, at);
      mask = maskComments;
    } else {
      const string = skipString(text, at);
      // A quote that nothing closes is somebody's slip: only its line is taken for a string.
      end = string.closed || string.end < text.length ? string.end : endOfLine(text, at);
    }
    masked += text.slice(last, at) + (mask ? text.slice(at, end).replace(/[^\r\n]/g, ' ') : text.slice(at, end));
    last = end;
  }
}

function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charAt(at) !== '\n' && text.charAt(at) !== '\r') at++;
  return at;
}
