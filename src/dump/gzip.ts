// A gzip file as the bytes it holds, decompressed as they are read and never all at once; a bomb is given up on in words.

import type { ByteSource } from './model';

/** Logs that repeat themselves shrink to a fiftieth; what grows five-hundredfold and beyond any use was made to. */
const maxRatio = 400;
const freeLength = 64 * 1024 * 1024;

export interface GzipFacts {
  /** What kept the end from being read; null where nothing did. */
  problem: string | null;
}

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

/** The content. What goes wrong ends the stream and is told in `facts`: the bytes before it are still worth reading. */
export function gunzipped(source: ByteSource, facts: GzipFacts): ByteSource {
  const stream = () => decompress(source, facts);
  return {
    name: source.name.replace(/\.gz$/i, ''),
    stream,
    async read(from, to) {
      const pieces: Uint8Array[] = [];
      let at = 0;
      for await (const piece of stream()) {
        const start = Math.max(0, from - at);
        if (start < piece.length) pieces.push(piece.slice(start, Math.max(start, to - at)));
        at += piece.length;
        if (at >= to) break;
      }
      return joined(pieces);
    },
  };
}

async function* decompress(source: ByteSource, facts: GzipFacts): AsyncGenerator<Uint8Array> {
  const transform = new DecompressionStream('gzip');
  const reader = transform.readable.getReader();
  let taken = 0;
  let given = 0;
  let isClosed = false;
  const feed = async (): Promise<void> => {
    const writer = transform.writable.getWriter();
    try {
      for await (const piece of source.stream()) {
        if (isClosed) return;
        taken += piece.length;
        // No source reads into memory that is shared.
        await writer.write(piece as Uint8Array<ArrayBuffer>);
      }
      await writer.close();
    } catch (error) {
      await writer.abort(error).catch(() => undefined);
    }
  };
  const fed = feed();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value === undefined) break;
      given += value.length;
      if (given > freeLength && given > taken * maxRatio) {
        facts.problem = `The compressed file grows to more than ${maxRatio} times its size; reading stopped there.`;
        return;
      }
      yield value;
    }
  } catch (error) {
    facts.problem = `The compressed file is damaged or breaks off: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    isClosed = true;
    await reader.cancel().catch(() => undefined);
    await fed;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
