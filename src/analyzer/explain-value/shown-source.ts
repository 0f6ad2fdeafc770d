// A piece of source as a sentence can hold it: on one line, and cut where it is long.

import type { Span } from '../../text/span';

const longest = 40;

export function shownSource(source: string, { start, end }: Span): string {
  const text = source.slice(start, end).replace(/\s+/g, ' ');
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
