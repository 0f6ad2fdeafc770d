// Reads local files by ranges, for hosts that have Node's file system.

import { open, stat } from 'node:fs/promises';
import type * as vscode from 'vscode';
import type { ByteSource } from '../../../dump/model';

const chunkSize = 1 << 20;

/** Undefined for what is not a local file. The promise rejects where the file cannot be read. */
export function openNodeFile(uri: vscode.Uri): Promise<ByteSource> | undefined {
  return uri.scheme === 'file' ? sourceOf(uri.fsPath) : undefined;
}

async function sourceOf(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  const read = async (from: number, to: number): Promise<Uint8Array> => {
    const file = await open(path, 'r');
    try {
      const bytes = new Uint8Array(Math.max(0, Math.min(to, size) - from));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
        // The file became shorter since its size was asked.
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    } finally {
      await file.close();
    }
  };
  async function* stream(): AsyncGenerator<Uint8Array> {
    const file = await open(path, 'r');
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(chunkSize), 0, chunkSize, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
  return { name: path, size, read, stream };
}
