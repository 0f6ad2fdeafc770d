// Splits text that comes in pieces into lines, in bounded memory: any line end, lines of any length.

import type { TextFacts } from './lines';

/** A piece of one line: a progress bar redraws itself with carriage returns, and each drawing is a piece. */
export interface RawLine {
  /** 1-based, counting line feeds only. */
  readonly number: number;
  readonly text: string;
  /** Whether a line feed follows (or the end of the text), and not a redrawing. */
  readonly endsLine: boolean;
}

export const maxLineLength = 1 << 16;

export class LineSplitter {
  private number = 1;
  private pending = '';
  private dropping = false;
  /** A carriage return at the end of a piece: the next character says whether it is half of CRLF. */
  private heldReturn = false;
  /** The next carriage return of the piece: looked for once and not anew from each line. */
  private nextReturn = 0;

  constructor(private readonly facts: TextFacts) {}

  /** Whether what was pushed last ended within a line. */
  get isMidLine(): boolean {
    return this.pending.length > 0 || this.heldReturn || this.dropping;
  }

  /** Counts lines that are passed over. Not within a line that was begun. */
  skip(lineFeeds: number): void {
    this.number += lineFeeds;
  }

  push(text: string): RawLine[] {
    const batch: RawLine[] = [];
    if (text.length === 0) return batch;
    this.countUndecodable(text);
    let start = 0;
    if (this.heldReturn) {
      this.heldReturn = false;
      const next = text.charCodeAt(0);
      if (next === lineFeed) start = 1;
      if (next !== carriageReturn) this.emit(batch, next === lineFeed);
    }
    this.nextReturn = indexOrEnd(text, '\r', start);
    while (start < text.length) {
      const feed = text.indexOf('\n', start);
      const lineEnd = feed < 0 ? text.length : feed;
      this.splitReturns(batch, text, start, lineEnd, feed >= 0);
      start = lineEnd + 1;
    }
    this.facts.endsWithNewline = text.endsWith('\n');
    return batch;
  }

  end(batch: RawLine[]): void {
    if (this.heldReturn || this.pending.length > 0) this.emit(batch, true);
    this.facts.lines = this.number - 1;
  }

  private splitReturns(batch: RawLine[], text: string, from: number, to: number, hasFeed: boolean): void {
    let start = from;
    while (this.nextReturn < to) {
      const at = this.nextReturn;
      this.nextReturn = indexOrEnd(text, '\r', at + 1);
      this.keep(text, start, at);
      if (at + 1 === to) {
        if (hasFeed) this.emit(batch, true);
        else this.heldReturn = true;
        return;
      }
      // Windows tools write \r\r\n: nothing stands between the two.
      if (text.charCodeAt(at + 1) !== carriageReturn) this.emit(batch, false);
      start = at + 1;
    }
    this.keep(text, start, to);
    if (hasFeed) this.emit(batch, true);
  }

  private keep(text: string, start: number, end: number): void {
    const room = maxLineLength - this.pending.length;
    if (end - start > room) {
      this.dropping = true;
      this.pending += text.slice(start, start + Math.max(0, room));
    } else this.pending += text.slice(start, end);
  }

  private emit(batch: RawLine[], endsLine: boolean): void {
    if (this.dropping) {
      this.facts.cutLines++;
      this.facts.firstCutLine ??= this.number;
      this.dropping = false;
    }
    batch.push({ number: this.number, text: this.pending, endsLine });
    this.pending = '';
    if (endsLine) this.number++;
  }

  private countUndecodable(text: string): void {
    for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) this.facts.undecodable++;
  }
}

function indexOrEnd(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from);
  return at < 0 ? text.length : at;
}

const lineFeed = 10;
const carriageReturn = 13;
