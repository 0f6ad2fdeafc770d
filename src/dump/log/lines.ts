// Reads a stream of bytes as lines of text, in any encoding.

import type { ByteSource } from '../model';
import { detectTextEncoding, type TextEncodingName } from '../text-encoding';
import { LineSplitter, type RawLine } from './line-splitter';

export { maxLineLength, type RawLine } from './line-splitter';

export interface TextFacts {
  encoding: TextEncodingName;
  /** Line feeds seen, plus one for an unfinished last line. */
  lines: number;
  /** Bytes or code units that no character could be made of. */
  undecodable: number;
  /** Lines of which only the first `maxLineLength` characters were kept. */
  cutLines: number;
  firstCutLine: number | null;
  endsWithNewline: boolean;
}

const headLength = 4096;

/**
 * Batches of lines, one batch per piece of the stream.
 * @throws the signal's reason where it is aborted, and whatever the source throws.
 */
export async function* readLines(source: ByteSource, facts: TextFacts, signal: AbortSignal): AsyncGenerator<RawLine[]> {
  const splitter = new LineSplitter(facts);
  for await (const text of readText(source, facts, signal)) {
    const batch = splitter.push(text);
    if (batch.length > 0) yield batch;
  }
  const last: RawLine[] = [];
  splitter.end(last);
  if (last.length > 0) yield last;
}

/**
 * The text in pieces of any length.
 * @throws the signal's reason where it is aborted, and whatever the source throws.
 */
export async function* readText(source: ByteSource, facts: TextFacts, signal: AbortSignal): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  for await (const piece of withLongHead(source.stream(true))) {
    signal.throwIfAborted();
    if (decoder === undefined) {
      facts.encoding = detectTextEncoding(piece.subarray(0, headLength)) ?? 'utf-8';
      decoder = new TextDecoder(facts.encoding);
    }
    yield decoder.decode(piece, { stream: true });
  }
  signal.throwIfAborted();
  yield decoder?.decode() ?? '';
}

/**
 * The text as UTF-8, whatever it is written in. What is no text in its encoding stays as it is in UTF-8, and is replaced in
 * others.
 * @throws the signal's reason where it is aborted, and whatever the source throws.
 */
export async function* readUtf8(source: ByteSource, facts: TextFacts, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let transcode: ((piece?: Uint8Array) => Uint8Array) | null | undefined;
  for await (const piece of withLongHead(source.stream(true))) {
    signal.throwIfAborted();
    if (transcode === undefined) {
      facts.encoding = detectTextEncoding(piece.subarray(0, headLength)) ?? 'utf-8';
      transcode = facts.encoding === 'utf-8' ? null : transcoder(facts.encoding);
    }
    yield transcode === null ? piece : transcode(piece);
  }
  signal.throwIfAborted();
  if (transcode) yield transcode();
}

function transcoder(encoding: TextEncodingName): (piece?: Uint8Array) => Uint8Array {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  return (piece) => encoder.encode(piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true }));
}

/** The same bytes, with a first piece that is long enough to tell the encoding by. */
async function* withLongHead(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | null = new Uint8Array(0);
  for await (const piece of stream) {
    if (head === null) {
      yield piece;
      continue;
    }
    const joined: Uint8Array = new Uint8Array(head.length + piece.length);
    joined.set(head);
    joined.set(piece, head.length);
    head = joined;
    if (head.length < headLength) continue;
    yield head;
    head = null;
  }
  if (head !== null && head.length > 0) yield head;
}

export function newTextFacts(): TextFacts {
  return { encoding: 'utf-8', lines: 0, undecodable: 0, cutLines: 0, firstCutLine: null, endsWithNewline: false };
}
