// Goes through a log that is too long to be understood line by line: what cannot matter is only counted.

import type { ByteSource } from '../model';
import { LineSplitter, maxLineLength, type RawLine } from './line-splitter';
import { readText, type TextFacts } from './lines';

/** In characters. */
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
  head: 2 << 20,
  around: 1 << 16,
  aroundWhenMany: 1 << 11,
  budget: 24 << 20,
  weakBudget: 8 << 20,
  kept: 1 << 18,
  sample: 1 << 14,
  sampleEvery: 8 << 20,
};

/** Whatever a detector looks for stands in a line that this finds, or near one. A loss scale that has fallen below 0.1 is such a thing too. */
const suspicion =
  /(?:nan|NaN|NAN|inf|Inf|INF)(?![a-zA-Z])|finit|verflow|VERFLOW|by zero|nvalid |raceback|oss['"]?: ?['"]?0(?:\.0*)?['",} ]|cale['"]?[:=| ]{1,2}['"]?(?:0\.0|\d\.?\d?e-)/g;
/** The same, asked in the two halves that are fastest each: most text holds neither. */
const suspicionInHalves = [0, 1].map((half) => {
  const words = suspicion.source.split('|oss');
  return new RegExp(half === 0 ? (words[0] ?? '') : `oss${words[1]}`);
});
const weak = /^(?:raceback|nvalid |cale.*)$/;
const longestWord = 16;

export interface SkimFacts {
  /** Characters that were passed over. */
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
  for await (const text of readText(source, facts, signal)) yield* skimmer.push(text);
  yield* skimmer.end();
}

export function newSkimFacts(): SkimFacts {
  return { skipped: 0, isCutShort: false };
}

class Skimmer {
  /** Text that was neither read nor given up yet. */
  private waiting = '';
  /** Characters before `waiting`. */
  private offset = 0;
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

  private get isSkimming(): boolean {
    return this.offset + this.waiting.length > this.head;
  }

  push(text: string): LineBatch[] {
    if (this.isPassedOver(text)) return [];
    const batches: LineBatch[] = [];
    const searched = this.offset + this.waiting.length;
    this.waiting += text;
    const { waiting, offset } = this;
    this.readDue(batches);
    if (this.isSkimming) {
      this.readSuspects(batches, waiting, offset, searched);
      this.readSample(batches);
      this.passOver();
    }
    return batches;
  }

  /** The usual case, in which nothing is copied: nothing of the text is due, and nothing in it is suspicious. */
  private isPassedOver(text: string): boolean {
    const { waiting } = this;
    const available = this.offset + waiting.length + text.length;
    if (this.readUntil > this.offset || this.splitter.isMidLine) return false;
    if (text.length < this.limits.kept || available >= this.nextSample + this.limits.sample) return false;
    const seam = waiting.slice(-longestWord) + text.slice(0, longestWord);
    if (suspicionInHalves.some((half) => half.test(seam) || half.test(text))) return false;
    // What is kept begins with a line, so what is given up ends with one.
    const feed = text.indexOf('\n', text.length - this.limits.kept);
    if (feed < 0) return false;
    this.skip(this.offset + waiting.length);
    this.waiting = text;
    this.skip(this.offset + feed + 1);
    return true;
  }

  /** The log's end is read whatever it says. */
  end(): LineBatch[] {
    const batches: LineBatch[] = [];
    this.read(batches, this.offset + this.waiting.length);
    const last: RawLine[] = [];
    this.splitter.end(last);
    batches.push(...this.batch(last));
    return batches;
  }

  /** What an earlier piece of text has asked to be read. */
  private readDue(batches: LineBatch[]): void {
    if (this.readUntil > this.offset || this.splitter.isMidLine) {
      this.read(batches, this.lineEnd(Math.max(this.readUntil, this.offset)));
    }
  }

  /**
   * @param text what was there before anything of it was read
   * @param base characters before it
   * @param searched characters up to which the search has come before
   */
  private readSuspects(batches: LineBatch[], text: string, base: number, searched: number): void {
    suspicion.lastIndex = Math.max(0, searched - longestWord - base);
    while (this.spent < this.limits.budget) {
      const match = suspicion.exec(text);
      if (match === null) return;
      const isWeak = weak.test(match[0]);
      if (isWeak && this.spentOnWeak >= this.limits.weakBudget) this.facts.isCutShort = true;
      else this.readAround(batches, base + match.index, isWeak);
    }
    this.facts.isCutShort = true;
  }

  /** Reads what is around a place; what lies beyond the text that is there is read when it comes. */
  private readAround(batches: LineBatch[], at: number, isWeak: boolean): void {
    const { around, aroundWhenMany, budget } = this.limits;
    const reach = this.spent < budget / 2 ? around : aroundWhenMany;
    if (at >= this.offset) this.skip(this.lineStart(at - reach));
    const from = Math.max(this.offset, this.readUntil);
    this.readUntil = Math.max(this.readUntil, at + reach);
    const length = Math.max(0, this.readUntil - from);
    this.spent += length;
    if (isWeak) this.spentOnWeak += length;
    this.readDue(batches);
  }

  private readSample(batches: LineBatch[]): void {
    const available = this.offset + this.waiting.length;
    if (available < this.nextSample + this.limits.sample) return;
    const from = this.lineStart(Math.max(this.offset, available - this.limits.sample));
    this.nextSample = available + this.limits.sampleEvery;
    this.skip(from);
    this.read(batches, this.lineEnd(available));
  }

  /** Gives up what is too long ago to be of use. */
  private passOver(): void {
    const tooMuch = this.waiting.length - this.limits.kept;
    if (tooMuch > 0) this.skip(this.lineStart(this.offset + tooMuch));
  }

  private read(batches: LineBatch[], to: number): void {
    const length = Math.min(to - this.offset, this.waiting.length);
    if (length <= 0) return;
    batches.push(...this.batch(this.splitter.push(this.waiting.slice(0, length))));
    this.advance(length);
  }

  private skip(to: number): void {
    const length = Math.min(to - this.offset, this.waiting.length);
    if (length <= 0) return;
    this.splitter.skip(this.waiting, length);
    this.facts.skipped += length;
    this.isAfterGap = true;
    this.advance(length);
  }

  private advance(length: number): void {
    this.offset += length;
    this.waiting = this.waiting.slice(length);
  }

  private batch(lines: RawLine[]): LineBatch[] {
    if (lines.length === 0) return [];
    const { isAfterGap } = this;
    this.isAfterGap = false;
    return [{ lines, afterGap: isAfterGap }];
  }

  /** Where the line begins that holds `at`, if that is still there and not too far; within a line without end, `at`. */
  private lineStart(at: number): number {
    const index = at - this.offset;
    if (index <= 0) return this.offset;
    const feed = this.waiting.lastIndexOf('\n', index - 1);
    if (feed >= 0) return this.offset + feed + 1;
    return index < maxLineLength ? this.offset : at;
  }

  /** Where the line ends that holds `at`; the end of what is there, where no line ends. */
  private lineEnd(at: number): number {
    const end = this.offset + this.waiting.length;
    if (at >= end) return end;
    const feed = this.waiting.indexOf('\n', Math.max(0, at - this.offset));
    return feed < 0 ? end : this.offset + feed + 1;
  }
}
