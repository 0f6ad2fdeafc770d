// Byte sources over memory: dropped files, the clipboard, tests. Files on disk bring their own.

import type { ByteSource } from './model';

const pieceLength = 1 << 20;

export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (from, to) => bytes.subarray(Math.max(0, from), Math.max(0, to)),
    async *stream() {
      for (let at = 0; at < bytes.length; at += pieceLength) yield bytes.subarray(at, at + pieceLength);
    },
  };
}

export function textSource(name: string, text: string): ByteSource {
  return bytesSource(name, new TextEncoder().encode(text));
}

/**
 * The whole content.
 * @returns null where it is longer than `limit` bytes.
 * @throws the signal's reason where it is aborted.
 */
export async function readAll(source: ByteSource, limit: number, signal: AbortSignal): Promise<Uint8Array | null> {
  if (source.size !== undefined && source.size > limit) return null;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source.stream()) {
    signal.throwIfAborted();
    length += piece.length;
    if (length > limit) return null;
    pieces.push(piece);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
