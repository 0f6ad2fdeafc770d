// Byte sources over files: read in pieces, so that a log of gigabytes needs no gigabytes of memory.

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ClosableSource } from '../dump/folder';

const PIECE_LENGTH = 1 << 20;

export type OpenSource = ClosableSource;

/** @param onRead is told how many bytes were read so far */
function sourceOf(
  name: string,
  handle: FileHandle,
  size: number,
  close: () => Promise<void>,
  onRead?: (bytes: number) => void,
): OpenSource {
  /** @param room is filled as far as the file goes. Without it there is new room, which nobody else keeps */
  const read = async (from: number, to: number, room?: Buffer): Promise<Uint8Array> => {
    const start = Math.max(0, Math.min(from, size));
    const wanted = Math.max(0, Math.min(to, size) - start);
    // Filled from the file before anyone sees it.
    const buffer = room?.subarray(0, wanted) ?? Buffer.allocUnsafeSlow(wanted);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, start + length);
      // The file was cut short while it was read.
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  };
  return {
    name,
    size,
    read: (from, to) => read(from, to),
    async *stream(areLent = false) {
      let at = 0;
      let room: Buffer | undefined;
      let otherRoom: Buffer | undefined;
      if (areLent) {
        room = Buffer.allocUnsafeSlow(PIECE_LENGTH);
        otherRoom = Buffer.allocUnsafeSlow(PIECE_LENGTH);
      }
      let coming = read(0, PIECE_LENGTH, room);
      for (;;) {
        const piece = await coming;
        if (piece.length === 0) return;
        at += piece.length;
        onRead?.(at);
        // The next piece is fetched while this one is understood.
        [room, otherRoom] = [otherRoom, room];
        coming = read(at, at + PIECE_LENGTH, room);
        coming.catch(() => undefined);
        yield piece;
      }
    },
    close,
  };
}

/** Opens a regular file. Rejects with the system's error. */
export async function openFileSource(file: string, onRead?: (bytes: number) => void): Promise<OpenSource> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    return sourceOf(path.basename(file), handle, size, () => handle.close(), onRead);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * A stream as a source that can be read twice: its bytes go to a temporary file that nobody else can open. Rejects with
 * the system's error.
 */
export async function spoolStream(
  name: string,
  stream: AsyncIterable<Uint8Array | string>,
  onRead?: (bytes: number) => void,
): Promise<OpenSource> {
  const file = path.join(os.tmpdir(), `nanlens-${randomUUID()}`);
  const handle = await open(file, 'wx+', 0o600);
  // Without a name it is gone when this process is, however that ends. Windows wants it closed first.
  let hasName = true;
  const removeName = async (): Promise<void> => {
    if (!hasName) return;
    await unlink(file).then(
      () => {
        hasName = false;
      },
      () => undefined,
    );
  };
  await removeName();
  const close = async (): Promise<void> => {
    await handle.close();
    await removeName();
  };
  try {
    let size = 0;
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, size + written);
        written += bytesWritten;
      }
      size += bytes.length;
      onRead?.(size);
    }
    return sourceOf(name, handle, size, close, onRead);
  } catch (error) {
    await close();
    throw error;
  }
}
