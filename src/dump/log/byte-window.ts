// The part of a long file that is in memory: bytes come at its end and are given up at its beginning, found by where they stand in the file.

const lineFeed = 10;
const fourLineFeeds = 0x0a0a0a0a;
const lowBits = 0x7f7f7f7f;

export class ByteWindow {
  private bytes = new Uint8Array(1 << 16);
  private words = new Int32Array(this.bytes.buffer);
  /** Where in the file the first byte of `bytes` stands. */
  private base = 0;
  /** Where what was not given up yet begins, and where what is there ends. */
  start = 0;
  end = 0;

  /** Adds a piece. What was given up before may be overwritten. */
  push(piece: Uint8Array): void {
    const kept = this.end - this.start;
    if (this.end - this.base + piece.length > this.bytes.length) {
      const before = this.bytes.subarray(this.start - this.base, this.end - this.base);
      if (kept + piece.length > this.bytes.length) {
        // Whole words, so that line feeds can be counted by four bytes.
        this.bytes = new Uint8Array(Math.ceil((kept + piece.length) / 2048) * 4096);
        this.words = new Int32Array(this.bytes.buffer);
        this.bytes.set(before);
      } else this.bytes.copyWithin(0, this.start - this.base, this.end - this.base);
      this.base = this.start;
    }
    this.bytes.set(piece, this.end - this.base);
    this.end += piece.length;
  }

  /** Calls `find` with the bytes, also four by four, and the indices of a stretch; the index that it returns comes back as a place. */
  search<T extends { readonly at: number }>(
    from: number,
    find: (bytes: Uint8Array, words: Int32Array, from: number, to: number) => T | null,
  ): T | null {
    const found = find(this.bytes, this.words, Math.max(0, from - this.base), this.end - this.base);
    return found && { ...found, at: found.at + this.base };
  }

  /** The first place that is still there, given up or not. */
  get first(): number {
    return this.base;
  }

  slice(from: number, to: number): Uint8Array {
    return this.bytes.subarray(from - this.base, to - this.base);
  }

  /** Where the first line feed at or after `at` stands; -1 where there is none. */
  feedAfter(at: number): number {
    const index = this.bytes.subarray(0, this.end - this.base).indexOf(lineFeed, at - this.base);
    return index < 0 ? -1 : index + this.base;
  }

  /** Where the last line feed before `at` stands that was not given up; -1 where there is none. */
  feedBefore(at: number): number {
    if (at <= this.start) return -1;
    const index = this.bytes.lastIndexOf(lineFeed, at - 1 - this.base);
    return index < this.start - this.base ? -1 : index + this.base;
  }

  /** The first place at or after `at` where a character of UTF-8 begins. */
  characterAfter(at: number): number {
    let place = at;
    while (place < this.end && place < at + 4 && ((this.bytes[place - this.base] ?? 0) & 0xc0) === 0x80) place++;
    return place;
  }

  countFeeds(from: number, to: number): number {
    const { bytes, words } = this;
    let at = from - this.base;
    const last = to - this.base;
    let count = 0;
    for (; at < last && (at & 3) !== 0; at++) if (bytes[at] === lineFeed) count++;
    const lastWord = last >> 2;
    for (let word = at >> 2; word < lastWord; ) {
      // Four counts, one for each byte of the word, that do not run over before they are added up.
      const stop = Math.min(lastWord, word + 255);
      let counts = 0;
      for (; word < stop; word++) {
        const difference = (words[word] as number) ^ fourLineFeeds;
        // The highest bit of a byte stays clear exactly where the byte of the difference is zero.
        counts = (counts + (~(((difference & lowBits) + lowBits) | difference | lowBits) >>> 7)) | 0;
      }
      const two = (counts & 0x00ff00ff) + ((counts >>> 8) & 0x00ff00ff);
      count += (two & 0xffff) + (two >>> 16);
    }
    for (at = Math.max(at, lastWord << 2); at < last; at++) if (bytes[at] === lineFeed) count++;
    return count;
  }
}
