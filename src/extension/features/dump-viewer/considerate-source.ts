// Reads for the viewer without holding up the editor: small pieces, and a turn for everyone else between them.

import type { ByteSource } from '../../../dump/model';

/** In bytes. Understanding as much of a log takes some milliseconds. */
const pieceLength = 1 << 16;
/** In milliseconds. */
const sliceLength = 10;

/**
 * @param onRead is told the length of each piece, in bytes
 * @param isStopped whether no more is wanted: the source then ends where it is
 */
export function considerate(source: ByteSource, onRead: (bytes: number) => void, isStopped: () => boolean): ByteSource {
  return {
    ...source,
    async *stream() {
      let begun = Date.now();
      for await (const chunk of source.stream()) {
        for (let at = 0; at < chunk.length; at += pieceLength) {
          if (isStopped()) return;
          const piece = chunk.subarray(at, at + pieceLength);
          onRead(piece.length);
          yield piece;
          if (Date.now() - begun < sliceLength) continue;
          await new Promise((resolve) => setTimeout(resolve, 0));
          begun = Date.now();
        }
      }
    },
  };
}
