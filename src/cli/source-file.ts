// A Python file or notebook read from the disk or from standard input, and its changed texts as bytes.

import { readFile, stat } from 'node:fs/promises';
import { encodeSource } from '../project/source-encoding';
import {
  isNotebookName,
  type Loaded,
  loadBytes,
  MAX_NOTEBOOK_BYTES,
  MAX_PYTHON_BYTES,
  type SourceFile,
} from '../project/source-file';
import { describeFileError } from './file-error';

/** Reads and decodes a file. Never throws: what is wrong is said in words. */
export async function loadFile(file: string): Promise<Loaded> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(file);
    const limit = isNotebookName(file) ? MAX_NOTEBOOK_BYTES : MAX_PYTHON_BYTES;
    if (size > limit) {
      const megabytes = (count: number): string => `${Math.round(count / 2 ** 20)} MB`;
      return { kind: 'failed', message: `has ${megabytes(size)}; files of more than ${megabytes(limit)} are not read` };
    }
    bytes = await readFile(file);
  } catch (error) {
    return { kind: 'failed', message: `could not be read: ${describeFileError(error)}` };
  }
  return loadBytes(bytes, isNotebookName(file));
}

/** The whole file's text (byte order mark included) with the program's changed texts. */
export function withTexts(source: SourceFile, texts: readonly string[]): string {
  const text = source.notebook ? source.notebook.write(texts) : (texts[0] ?? '');
  return source.encoding.hasByteOrderMark ? `\ufeff${text}` : text;
}

/** The whole file's text as bytes in its own encoding. */
export function toBytes(source: SourceFile, whole: string): ReturnType<typeof encodeSource> {
  return encodeSource(source.encoding.hasByteOrderMark ? whole.slice(1) : whole, source.encoding);
}

/** All bytes of a stream. */
export async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}
