// A Python file or notebook on disk (or from standard input) as a program to analyse, and its changed texts as bytes.

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Notebook, parseNotebook } from '../analyzer/notebook-file';
import type { SourceProgram } from './engine';
import { describeFileError } from './file-error';
import { decodeSource, encodeSource, type SourceEncoding } from './source-encoding';

/** Larger files are no scripts; reading them would only take memory. In bytes. */
const MAX_PYTHON_BYTES = 64 * 2 ** 20;
const MAX_NOTEBOOK_BYTES = 256 * 2 ** 20;

export interface SourceFile {
  readonly program: SourceProgram;
  /** The bytes as they were read. */
  readonly bytes: Uint8Array;
  /** The whole file as text, byte order mark included; for notebooks, the JSON. */
  readonly text: string;
  readonly notebook: Notebook | undefined;
  readonly encoding: SourceEncoding;
}

export type Loaded =
  | { readonly kind: 'source'; readonly source: SourceFile }
  /** Nothing to check, and no fault of the file's: a notebook in another language. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly message: string };

export function isNotebookName(name: string): boolean {
  return path.extname(name).toLowerCase() === '.ipynb';
}

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

/** The same for bytes that are already here. */
export function loadBytes(bytes: Uint8Array, isNotebook: boolean): Loaded {
  const decoded = isNotebook ? decodeNotebook(bytes) : decodeSource(bytes);
  if (decoded.error !== undefined) return { kind: 'failed', message: decoded.error };
  const { text, encoding } = decoded;
  const whole = encoding.hasByteOrderMark ? `\ufeff${text}` : text;
  if (!isNotebook) {
    const program = { texts: [text], isNotebook: false };
    return { kind: 'source', source: { program, bytes, text: whole, notebook: undefined, encoding } };
  }
  const parsed = parseNotebook(text);
  if ('error' in parsed) return { kind: 'failed', message: parsed.error };
  const { notebook } = parsed;
  if (notebook.language !== undefined && !/^i?python\d*$/.test(notebook.language)) return { kind: 'skipped' };
  const program = { texts: notebook.cells.map(({ source }) => source), isNotebook: true };
  return { kind: 'source', source: { program, bytes, text: whole, notebook, encoding } };
}

/** JSON has no encoding cookie; a comment-like first line in a notebook means nothing. */
function decodeNotebook(bytes: Uint8Array): ReturnType<typeof decodeSource> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const hasByteOrderMark = text.startsWith('\ufeff');
    return { text: hasByteOrderMark ? text.slice(1) : text, encoding: { name: 'utf-8', hasByteOrderMark } };
  } catch {
    return { error: 'is not valid UTF-8, as a notebook must be' };
  }
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
