// Optimizer steps that a loss scaler skips: tells a scale that settles, which is no fault, from an overflow at every step.

import type { LogLine } from './prefix';
import type { Place, ProgressPoint } from './progress';

/** One step that was skipped. */
export interface Skip {
  readonly line: LogLine;
  readonly message: string;
  readonly rank: number | null;
  /** The scale that overflowed and the one that the next step gets, where they are printed. */
  readonly from: number | null;
  readonly to: number | null;
  /** Where the line itself says it. */
  readonly place: Place | null;
  readonly after: ProgressPoint;
}

/** Skips in a row: no step between them is known to have been made. */
export interface Streak {
  readonly first: Skip;
  last: Skip;
  count: number;
  /** The last line that belongs to it: a skip, or what it led to. */
  lastLine: number;
  end: 'open' | 'settled' | 'fatal';
  /** Steps were made before it. */
  readonly isAfterProgress: boolean;
}

interface Open {
  readonly streak: Streak;
  /** Prints of steps since its last skip. */
  prints: number;
  place: string | null;
}

/** So many prints of later steps show that one of them was made. */
const printsToSettle = 2;
/** So many skips in a row, where steps were made before them, are no settling any more. */
const skipsToDoubt = 5;
const maxStreaks = 200;

export class SkipWatch {
  readonly streaks: Streak[] = [];
  private readonly open = new Map<number | null, Open>();
  private readonly advanced = new Set<number | null>();

  skip(skip: Skip): void {
    const open = this.open.get(skip.rank);
    if (open === undefined || hasGrown(open.streak.last, skip)) {
      if (open !== undefined) this.settle(skip.rank);
      this.begin(skip);
      return;
    }
    open.streak.lastLine = skip.line.number;
    if (isSameStep(open.streak.last, skip)) return;
    open.streak.last = skip;
    open.streak.count++;
    open.prints = 0;
    open.place = null;
  }

  /** A print of a step with finite values. */
  print(rank: number | null, place: string): void {
    this.advanced.add(rank);
    for (const open of this.openOf(rank)) {
      if (place === open.place) continue;
      open.place = place;
      // The skipped step itself may be printed too.
      if (++open.prints >= printsToSettle) this.settle(open.streak.first.rank);
    }
  }

  /** A step is known to have been made. */
  settle(rank: number | null): void {
    this.advanced.add(rank);
    for (const { streak } of this.openOf(rank)) {
      if (streak.end === 'open') streak.end = 'settled';
      this.open.delete(streak.first.rank);
    }
  }

  /** A loss or gradient that is not finite was printed, or the scaler gave up: the streak is no settling. */
  fail(rank: number | null, line: number): readonly Streak[] {
    return this.openOf(rank).map(({ streak }) => {
      streak.end = 'fatal';
      streak.lastLine = Math.max(streak.lastLine, line);
      return streak;
    });
  }

  /** Where a line says no rank, or the skips did not, it may be about any. */
  private openOf(rank: number | null): Open[] {
    const all = [...this.open.values()];
    return rank === null ? all : all.filter(({ streak }) => streak.first.rank === rank || streak.first.rank === null);
  }

  /** Decides on what was still open when the log ended. */
  finish(): void {
    for (const { streak } of this.open.values()) {
      if (streak.end === 'open' && isHopeless(streak)) streak.end = 'fatal';
    }
  }

  private begin(skip: Skip): void {
    const streak: Streak = {
      first: skip,
      last: skip,
      count: 1,
      lastLine: skip.line.number,
      end: 'open',
      isAfterProgress: this.advanced.has(skip.rank) || this.advanced.has(null),
    };
    if (this.streaks.length < maxStreaks) this.streaks.push(streak);
    // Late overflows matter more than early ones: of a long log's many streaks the last is never lost.
    else this.streaks[maxStreaks - 1] = streak;
    this.open.set(skip.rank, { streak, prints: 0, place: null });
  }
}

/** Processes that do not say who they are tell of the same step one after the other; a later skip would lower the scale further. */
function isSameStep(before: Skip, now: Skip): boolean {
  return now.to !== null && now.to === before.to && now.to > 1;
}

/** The scale doubles only after a long row of steps that were made. */
function hasGrown(before: Skip, now: Skip): boolean {
  return before.to !== null && now.from !== null && now.from > before.to;
}

/** A scale of at most 1 makes no gradient larger than it is: that it overflows still is not the scale's fault. */
function isHopeless({ last, count, isAfterProgress }: Streak): boolean {
  const scale = last.to ?? last.from;
  if (scale !== null && (scale < 1 || (scale === 1 && count > 1))) return true;
  return isAfterProgress && count >= skipsToDoubt;
}
