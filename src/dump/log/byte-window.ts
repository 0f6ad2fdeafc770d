// The part of a long file that is in memory: bytes come at its end and are given up at its beginning, found by where they stand in the file.

import type { ScannedBytes } from './scanned-bytes';

const lineFeed = 10;

export class ByteWindow {
  /** @param scanned where the bytes are kept */
  constructor(private readonly scanned: ScannedBytes) {}

  /** Where in the file the first byte of `bytes` stands. */
  private base = 0;
  /** Where what was not given up yet begins, and where what is there ends. */
  start = 0;
  end = 0;

  /** Adds a piece. What was given up before may be overwritten. */
  push(piece: Uint8Array): void {
    const { scanned } = this;
    const kept = this.end - this.start;
    if (this.end - this.base + piece.length > scanned.capacity) {
      scanned.bytes.copyWithin(0, this.start - this.base, this.end - this.base);
      // Twice what is needed, so that what is kept need not be moved for each piece.
      if (kept + piece.length > scanned.capacity) scanned.reserve((kept + piece.length) * 2);
      this.base = this.start;
    }
    scanned.bytes.set(piece, this.end - this.base);
    this.end += piece.length;
  }

  /** Calls `find` with the bytes and the indices of a stretch; the index that it returns comes back as a place. */
  search<T extends { readonly at: number }>(
    from: number,
    find: (bytes: ScannedBytes, from: number, to: number) => T | null,
  ): T | null {
    const found = find(this.scanned, Math.max(0, from - this.base), this.end - this.base);
    return found && { ...found, at: found.at + this.base };
  }

  /** The first place that is still there, given up or not. */
  get first(): number {
    return this.base;
  }

  slice(from: number, to: number): Uint8Array {
    return this.scanned.bytes.subarray(from - this.base, to - this.base);
  }

  /** Where the first line feed at or after `at` stands; -1 where there is none. */
  feedAfter(at: number): number {
    const index = this.scanned.bytes.subarray(0, this.end - this.base).indexOf(lineFeed, at - this.base);
    return index < 0 ? -1 : index + this.base;
  }

  /** Where the last line feed before `at` stands that was not given up; -1 where there is none. */
  feedBefore(at: number): number {
    if (at <= this.start) return -1;
    const index = this.scanned.bytes.lastIndexOf(lineFeed, at - 1 - this.base);
    return index < this.start - this.base ? -1 : index + this.base;
  }

  /** The first place at or after `at` where a character of UTF-8 begins. */
  characterAfter(at: number): number {
    let place = at;
    while (place < this.end && place < at + 4 && ((this.scanned.bytes[place - this.base] ?? 0) & 0xc0) === 0x80)
      place++;
    return place;
  }

  countFeeds(from: number, to: number): number {
    return this.scanned.countFeeds(from - this.base, to - this.base);
  }
}
