// Bytes in the memory of a small WebAssembly module (byte-scan.wat), which searches and counts sixteen of them at a time.

import { byteScanModule } from './byte-scan.generated';

interface ByteScan extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  find(from: number, to: number): number;
  countFeeds(from: number, to: number): number;
}

/** The module's tables stand before the bytes, and it reads a little behind them. */
const tablesLength = 8192;
const readAhead = 32;
const pageLength = 65536;
const hashes = 128;

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(byteScanModule), (character) => character.charCodeAt(0)));
  return compiled;
}

export class ScannedBytes {
  private readonly scan: ByteScan;
  /** All that there is room for. Another array after `reserve`. */
  bytes: Uint8Array;

  /** @param words of three bytes each, in at most eight sets; the words of a set are best alike */
  constructor(words: readonly (readonly string[])[]) {
    this.scan = new WebAssembly.Instance(compile()).exports as ByteScan;
    this.bytes = new Uint8Array(this.scan.memory.buffer, tablesLength);
    const tables = new Uint8Array(this.scan.memory.buffer, 0, tablesLength);
    for (const [set, alike] of words.entries()) {
      for (const word of alike) {
        const bytes = new TextEncoder().encode(word);
        for (const [i, byte] of bytes.entries()) {
          for (const at of [i * 32 + (byte & 15), i * 32 + 16 + (byte >> 4)])
            tables[at] = (tables[at] ?? 0) | (1 << set);
        }
        const [first = 0, second = 0, third = 0] = bytes;
        tables[hashes + (Math.imul(first | (second << 8) | (third << 16), 0x9e3779b1) >>> 20)] = 1;
      }
    }
  }

  /** Makes room for so many bytes; those that are there stay. */
  reserve(length: number): void {
    const { memory } = this.scan;
    const missing = tablesLength + length + readAhead - memory.buffer.byteLength;
    if (missing <= 0) return;
    memory.grow(Math.ceil(missing / pageLength));
    this.bytes = new Uint8Array(memory.buffer, tablesLength);
  }

  /** How many bytes there is room for. */
  get capacity(): number {
    return this.bytes.length - readAhead;
  }

  /** Where a word may begin first, at or behind `from`, all of it before `to`; -1 where there is none. Most that are found are words. */
  findWord(from: number, to: number): number {
    const found = this.scan.find(from + tablesLength, to + tablesLength);
    return found < 0 ? -1 : found - tablesLength;
  }

  countFeeds(from: number, to: number): number {
    return this.scan.countFeeds(from + tablesLength, to + tablesLength);
  }
}
