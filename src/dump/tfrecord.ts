// TFRecord framing, as TensorBoard and TensorFlow's debugger write it: length, checksum, data, checksum. Read as a stream, each record checked.

import { maskedCrc32c } from './crc32c';
import type { ByteSource, DumpProblem } from './model';

/** An image or a graph can be large; nothing that is wanted here is. Longer records are passed over without being kept. */
export const maxRecordLength = 64 * 1024 * 1024;
const headerLength = 12;
const footerLength = 4;

export interface RecordFacts {
  records: number;
  /** Whether the last record is not whole: a run that is alive, or one that died, has not written its end yet. */
  breaksOff: boolean;
  readonly problems: DumpProblem[];
}

export function newRecordFacts(): RecordFacts {
  return { records: 0, breaksOff: false, problems: [] };
}

/** Whether the bytes begin with the length of a record and the checksum of that length. */
export function beginsWithRecord(head: Uint8Array): boolean {
  return head.length >= headerLength && lengthOf(head) !== null;
}

/** The data of the first record, cut where `head` ends; null where there is none. */
export function firstRecord(head: Uint8Array): Uint8Array | null {
  const length = head.length < headerLength ? null : lengthOf(head);
  return length === null ? null : head.subarray(headerLength, headerLength + length);
}

/**
 * The data of every whole record, one array for each piece of the stream.
 * A record whose checksum is wrong is left out; after a length whose checksum is wrong nothing can be found any more.
 * @throws the signal's reason where it is aborted, and whatever the source throws.
 */
export async function* readRecords(
  source: ByteSource,
  facts: RecordFacts,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array[]> {
  const splitter = new RecordSplitter(facts);
  for await (const piece of source.stream()) {
    signal.throwIfAborted();
    const records = splitter.push(piece);
    if (records.length > 0) yield records;
    if (splitter.isLost) break;
  }
  signal.throwIfAborted();
  splitter.end();
}

class RecordSplitter {
  isLost = false;
  /** Pieces that do not make a whole record yet: joined once, when they do. */
  private pending: Uint8Array[] = [];
  private pendingLength = 0;
  /** How long `pending` must be before something can be done. */
  private needed = headerLength;
  /** Bytes of a record that is too long, still to be passed over. */
  private toSkip = 0;
  private damaged = 0;
  private tooLong = 0;

  constructor(private readonly facts: RecordFacts) {}

  push(piece: Uint8Array): Uint8Array[] {
    const skipped = Math.min(this.toSkip, piece.length);
    this.toSkip -= skipped;
    this.keep(piece.subarray(skipped));
    const records: Uint8Array[] = [];
    if (this.pendingLength < this.needed) return records;
    let bytes = this.joined();
    for (;;) {
      this.needed = headerLength;
      if (bytes.length < headerLength) break;
      const length = lengthOf(bytes);
      if (length === null) {
        this.lose();
        return records;
      }
      const whole = headerLength + length + footerLength;
      if (length > maxRecordLength) {
        this.tooLong++;
        this.toSkip = Math.max(0, whole - bytes.length);
        bytes = bytes.subarray(Math.min(whole, bytes.length));
        continue;
      }
      this.needed = whole;
      if (bytes.length < whole) break;
      const data = bytes.subarray(headerLength, headerLength + length);
      this.facts.records++;
      if (uint32(bytes, headerLength + length) === maskedCrc32c(data)) records.push(data);
      else this.damaged++;
      bytes = bytes.subarray(whole);
    }
    this.pending = [];
    this.pendingLength = 0;
    // A copy, so that a few bytes do not hold the whole piece.
    this.keep(bytes.length < 4096 ? bytes.slice() : bytes);
    return records;
  }

  end(): void {
    this.facts.breaksOff = !this.isLost && (this.pendingLength > 0 || this.toSkip > 0);
    if (this.damaged > 0) {
      this.problem(
        `${this.damaged === 1 ? 'One record has' : `${this.damaged} records have`} a wrong checksum and ${this.damaged === 1 ? 'was' : 'were'} left out.`,
      );
    }
    if (this.tooLong > 0) {
      this.problem(
        `${this.tooLong === 1 ? 'One record is' : `${this.tooLong} records are`} longer than 64 MB and ${this.tooLong === 1 ? 'was' : 'were'} passed over.`,
      );
    }
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.pending.push(bytes);
    this.pendingLength += bytes.length;
  }

  private joined(): Uint8Array {
    const [only] = this.pending;
    if (only !== undefined && this.pending.length === 1) return only;
    const whole = new Uint8Array(this.pendingLength);
    let at = 0;
    for (const piece of this.pending) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  private lose(): void {
    this.isLost = true;
    this.pending = [];
    this.pendingLength = 0;
    this.problem(
      `The file is damaged after ${this.facts.records} records: the checksum of the next one's length is wrong, and nothing behind it can be found.`,
    );
  }

  private problem(message: string): void {
    this.facts.problems.push({ message, line: null });
  }
}

/** @returns null where the checksum says that this is no length. */
function lengthOf(header: Uint8Array): number | null {
  if (uint32(header, 8) !== maskedCrc32c(header.subarray(0, 8))) return null;
  // Beyond 2^53 the number is no longer exact, and no file is that long.
  return uint32(header, 0) + uint32(header, 4) * 2 ** 32;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}
