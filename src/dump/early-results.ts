// What is known before a long file is read to its end: told early, then more and more rarely, so that telling costs little.

import type { OnPartial, ReadResult } from './model';

/** In milliseconds. */
const firstPause = 300;
const longestPause = 3000;
/** A pause is at least as many times longer than making the result took. */
const leastShare = 15;

export class EarlyResults {
  private due = Date.now() + firstPause;
  private pause = firstPause;

  /** @param make what is known by now; must leave the reading as it is */
  constructor(
    private readonly onPartial: OnPartial | undefined,
    private readonly make: () => ReadResult,
  ) {}

  /** To be called now and then while reading: between pieces of the file, not between lines. */
  offer(): void {
    if (this.onPartial === undefined || Date.now() < this.due) return;
    const begun = Date.now();
    this.onPartial(soFar(this.make()));
    const now = Date.now();
    this.pause = Math.min(longestPause, this.pause * 2);
    this.due = now + Math.max(this.pause, (now - begun) * leastShare);
  }
}

/** The result of a file of which only the beginning was read: it may name a NaN, but it can never clear a run of one. */
export function soFar({ dump, problems }: ReadResult): ReadResult {
  if (dump.anomalies.length > 0) return { dump, problems };
  return { dump: { ...dump, verdict: { sentence: 'No NaN or Inf so far.', confidence: 'unknown' } }, problems };
}
