// What was found before and is put up with: findings known by their rule and the statement they flag, wherever it moves.

import type { Span } from '../text/span';
import type { BaselineEntry, Finding } from './finding';
import { innermost } from './suppressions';

/** Longer statements are cut, with a number that still tells them apart. */
const LONGEST_TEXT = 200;

/** Each finding with the text that a baseline knows it by. @param statements what `statementSpans` returns */
export function withFlaggedText(
  findings: readonly Finding[],
  text: string,
  statements: readonly Span[],
): readonly Finding[] {
  return findings.map((finding) => {
    const { start, end } = innermost(statements, finding.span)[0] ?? finding.span;
    return { ...finding, flagged: shortened(normalised(text.slice(start, end))) };
  });
}

/** The same for a statement that was only wrapped or indented in another way. */
function normalised(statement: string): string {
  return statement
    .replace(/\\?\s+/g, ' ')
    .replace(/ ?([()[\]{}]) ?/g, '$1')
    .replace(/, ?([)\]}])/g, '$1')
    .trim();
}

function shortened(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `${text.slice(0, LONGEST_TEXT)}… ${hash.toString(16)}`;
}

/** What tells an entry from the others of its file. */
export function entryKey({ code, text }: Pick<BaselineEntry, 'code' | 'text'>): string {
  return `${code} ${text}`;
}

/** Findings as entries, sorted. */
export function entriesOf(findings: readonly Finding[]): BaselineEntry[] {
  const entries = new Map<string, BaselineEntry>();
  for (const { code, flagged: text = '' } of findings) {
    const key = entryKey({ code, text });
    entries.set(key, { code, text, count: (entries.get(key)?.count ?? 0) + 1 });
  }
  return [...entries.values()].sort((a, b) => (entryKey(a) < entryKey(b) ? -1 : 1));
}

/** Counts findings off against a baseline's entries for one file. */
export class KnownFindings {
  private readonly left: Map<string, number>;

  constructor(entries: readonly BaselineEntry[]) {
    this.left = new Map(entries.map((entry) => [entryKey(entry), entry.count]));
  }

  /** Whether the baseline knows one more like this. */
  takes({ code, flagged: text = '' }: Finding): boolean {
    const key = entryKey({ code, text });
    const count = this.left.get(key) ?? 0;
    if (count > 0) this.left.set(key, count - 1);
    return count > 0;
  }

  /** How many findings it knows that have not come. */
  get missing(): number {
    return [...this.left.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** The findings that are not in the baseline: of equal ones as many as there are more of than it counts. */
export function newFindings(findings: readonly Finding[], baseline: readonly BaselineEntry[]): readonly Finding[] {
  if (baseline.length === 0) return findings;
  const known = new KnownFindings(baseline);
  return findings.filter((finding) => !known.takes(finding));
}
