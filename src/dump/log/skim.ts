// Goes through a log that is too long to be understood line by line: what cannot matter is only counted.

import type { ByteSource } from '../model';
import { ByteWindow } from './byte-window';
import { LineSplitter, maxLineLength, type RawLine } from './line-splitter';
import { readUtf8, type TextFacts } from './lines';
import { longestPlace, nextSuspect, searchableBytes } from './suspicion';

/** In bytes of UTF-8. */
export interface SkimLimits {
  /** Logs up to this length are read whole; of longer ones the head is. */
  readonly wholeLog: number;
  readonly head: number;
  /** Read before and after each place that may speak of a failure. */
  readonly around: number;
  readonly aroundWhenMany: number;
  /** Read around such places altogether: a run can go on for days after its loss is NaN. */
  readonly budget: number;
  /** The part of it that is for words as common as `Error:`. */
  readonly weakBudget: number;
  /** Kept of what was passed over: context of the next place that matters, and the log's end. */
  readonly kept: number;
  /** Of what is passed over, one stretch of `sample` in each `sampleEvery` is read, for the curves. */
  readonly sample: number;
  readonly sampleEvery: number;
}

const usualLimits: SkimLimits = {
  wholeLog: 32 << 20,
  head: 3 << 20,
  around: 1 << 16,
  aroundWhenMany: 1 << 11,
  budget: 8 << 20,
  weakBudget: 4 << 20,
  kept: 1 << 18,
  sample: 1 << 13,
  sampleEvery: 4 << 20,
};

export interface SkimFacts {
  /** Bytes that were passed over. */
  skipped: number;
  /** Whether places that may speak of a failure were passed over because there are too many. */
  isCutShort: boolean;
}

/** Lines that follow each other; `afterGap` where something was passed over before them. */
export interface LineBatch {
  readonly lines: readonly RawLine[];
  readonly afterGap: boolean;
}

/**
 * All lines of a log of ordinary length, and of a longer one those that can matter.
 * @param limits what counts as long; for tests
 * @throws the signal's reason where it is aborted, and whatever the source throws.
 */
export async function* skimLines(
  source: ByteSource,
  facts: TextFacts & SkimFacts,
  signal: AbortSignal,
  limits: SkimLimits = usualLimits,
): AsyncGenerator<LineBatch> {
  const skimmer = new Skimmer(new LineSplitter(facts), facts, source.size, limits);
  for await (const piece of readUtf8(source, facts, signal)) yield* skimmer.push(piece);
  yield* skimmer.end();
}

export function newSkimFacts(): SkimFacts {
  return { skipped: 0, isCutShort: false };
}

class Skimmer {
  /** What was neither read nor given up yet; what was read stays in it until the next piece comes. */
  private readonly waiting = new ByteWindow(searchableBytes());
  private readonly decoder = new TextDecoder();
  private readonly head: number;
  private readUntil: number;
  private nextSample = 0;
  private spent = 0;
  private spentOnWeak = 0;
  private isAfterGap = false;

  /** @param size of the source in bytes, where it is known */
  constructor(
    private readonly splitter: LineSplitter,
    private readonly facts: SkimFacts,
    size: number | undefined,
    private readonly limits: SkimLimits,
  ) {
    const isLong = size !== undefined && size > limits.wholeLog;
    this.head = isLong ? limits.head : limits.wholeLog;
    this.readUntil = this.head;
  }

  push(piece: Uint8Array): LineBatch[] {
    const batches: LineBatch[] = [];
    const { waiting } = this;
    const searched = waiting.end;
    waiting.push(piece);
    this.readDue(batches);
    if (waiting.end > this.head) {
      this.readSuspects(batches, searched);
      this.readSample(batches);
      this.passOver();
    }
    return batches;
  }

  /** The log's end is read whatever it says. */
  end(): LineBatch[] {
    const batches: LineBatch[] = [];
    this.read(batches, this.waiting.end);
    const last: RawLine[] = this.splitter.push(this.decoder.decode());
    this.splitter.end(last);
    batches.push(...this.batch(last));
    return batches;
  }

  /** What an earlier piece of text has asked to be read. */
  private readDue(batches: LineBatch[]): void {
    const { start } = this.waiting;
    if (this.readUntil > start || this.splitter.isMidLine) {
      this.read(batches, this.lineEnd(Math.max(this.readUntil, start)));
    }
  }

  /** @param searched as far as the search has come before */
  private readSuspects(batches: LineBatch[], searched: number): void {
    let from = Math.max(this.waiting.first, searched - longestPlace);
    while (this.spent < this.limits.budget) {
      const found = this.waiting.search(from, nextSuspect);
      if (found === null) return;
      from = found.at + 1;
      if (found.isWeak && this.spentOnWeak >= this.limits.weakBudget) this.facts.isCutShort = true;
      else this.readAround(batches, found.at, found.isWeak);
    }
    this.facts.isCutShort = true;
  }

  /** Reads what is around a place; what lies beyond the text that is there is read when it comes. */
  private readAround(batches: LineBatch[], at: number, isWeak: boolean): void {
    const { around, aroundWhenMany, budget, weakBudget } = this.limits;
    const isMany = isWeak ? this.spentOnWeak >= weakBudget / 2 : this.spent >= budget / 2;
    const reach = isMany ? aroundWhenMany : around;
    if (at >= this.waiting.start) this.skip(this.lineStart(at - reach));
    const from = Math.max(this.waiting.start, this.readUntil);
    this.readUntil = Math.max(this.readUntil, at + reach);
    const length = Math.max(0, this.readUntil - from);
    this.spent += length;
    if (isWeak) this.spentOnWeak += length;
    this.readDue(batches);
  }

  private readSample(batches: LineBatch[]): void {
    const { start, end } = this.waiting;
    if (end < this.nextSample + this.limits.sample) return;
    const from = this.lineStart(Math.max(start, end - this.limits.sample));
    this.nextSample = end + this.limits.sampleEvery;
    this.skip(from);
    this.read(batches, this.lineEnd(end));
  }

  /** Gives up what is too long ago to be of use. */
  private passOver(): void {
    const oldest = this.waiting.end - this.limits.kept;
    if (oldest > this.waiting.start) this.skip(this.lineStart(oldest));
  }

  private read(batches: LineBatch[], to: number): void {
    const { start, end } = this.waiting;
    const stop = Math.min(to, end);
    if (stop <= start) return;
    const text = this.decoder.decode(this.waiting.slice(start, stop), { stream: true });
    batches.push(...this.batch(this.splitter.push(text)));
    this.waiting.start = stop;
  }

  private skip(to: number): void {
    const { start, end } = this.waiting;
    const stop = Math.min(to, end);
    if (stop <= start) return;
    this.splitter.skip(this.waiting.countFeeds(start, stop));
    this.facts.skipped += stop - start;
    this.isAfterGap = true;
    this.waiting.start = stop;
  }

  private batch(lines: RawLine[]): LineBatch[] {
    if (lines.length === 0) return [];
    const { isAfterGap } = this;
    this.isAfterGap = false;
    return [{ lines, afterGap: isAfterGap }];
  }

  /** Where the line begins that holds `at`, if that is still there and not too far; within a line without end, `at`. */
  private lineStart(at: number): number {
    const { start } = this.waiting;
    if (at <= start) return start;
    const feed = this.waiting.feedBefore(at);
    if (feed >= 0) return feed + 1;
    return at - start < maxLineLength ? start : this.waiting.characterAfter(at);
  }

  /** Where the line ends that holds `at`; the end of what is there, where no line ends. */
  private lineEnd(at: number): number {
    const { start, end } = this.waiting;
    if (at >= end) return end;
    const feed = this.waiting.feedAfter(Math.max(start, at));
    return feed < 0 ? end : feed + 1;
  }
}
