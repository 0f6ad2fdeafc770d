// The bytes of a Python file or a notebook as a program to analyse.

import { type Notebook, parseNotebook } from '../analyzer/notebook-file';
import { extensionOf } from './file-tree';
import { decodeSource, type SourceEncoding } from './source-encoding';

/** Larger files are no scripts; reading them would only take memory. In bytes. */
export const MAX_PYTHON_BYTES = 64 * 2 ** 20;
export const MAX_NOTEBOOK_BYTES = 256 * 2 ** 20;

/** The texts of a program: that of a Python file, or those of a notebook's code cells. */
export interface SourceProgram {
  readonly texts: readonly string[];
  readonly isNotebook: boolean;
}

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

/** @param name a path with slashes between its parts, or a name alone */
export function isNotebookName(name: string): boolean {
  return extensionOf(name) === '.ipynb';
}

/** Decodes the bytes of a file. Never throws: what is wrong is said in words. */
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
