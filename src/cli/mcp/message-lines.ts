// Standard input of the MCP server, line by line: a message that is too long is refused and passed over, not the end.

import { Transform, type TransformCallback } from 'node:stream';

const LINE_FEED = 10;

export class MessageLines extends Transform {
  private pieces: Uint8Array[] = [];
  private length = 0;

  /** @param onTooLong is told of each message longer than `limit` bytes */
  constructor(
    private readonly limit: number,
    private readonly onTooLong: () => void,
  ) {
    super();
  }

  override _transform(chunk: Uint8Array, _: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.collect(chunk.subarray(from, end + 1));
      if (this.length <= this.limit) this.push(Buffer.concat(this.pieces));
      this.pieces = [];
      this.length = 0;
      from = end + 1;
    }
    this.collect(chunk.subarray(from));
    done();
  }

  private collect(piece: Uint8Array): void {
    const before = this.length;
    this.length += piece.length;
    if (this.length <= this.limit) {
      this.pieces.push(piece);
    } else if (before <= this.limit) {
      this.pieces = [];
      this.onTooLong();
    }
  }
}
