// The `.ipynb` file format: code cells out, changed sources back in, every other byte as it was.

import { applyEdits, type Edit } from '../text/edit';
import { JsonCursor, type JsonString, JsonSyntaxError } from './json-cursor';

/** A code cell of a notebook file. */
export interface NotebookCell {
  readonly source: string;
  /** 1-based place among all cells of the notebook, text cells included, as its reader counts them. */
  readonly index: number;
  /** Offset in the file's text of the character that stands for `source[offset]`. */
  fileOffset(offset: number): number;
}

export interface Notebook {
  readonly cells: readonly NotebookCell[];
  /** The kernel's language where the notebook names one, in lower case. */
  readonly language: string | undefined;
  /** The file's text with the given sources, one per code cell. Cells whose source is unchanged keep their bytes. */
  write(sources: readonly string[]): string;
}

export type NotebookResult = { readonly notebook: Notebook } | { readonly error: string };

/** How a source is written in the file. */
interface RawSource {
  readonly start: number;
  readonly end: number;
  readonly strings: readonly JsonString[];
  readonly isList: boolean;
}

interface RawCell {
  readonly type: string;
  readonly source: RawSource | undefined;
}

/** Reads the text of an `.ipynb` file (format 4). Never throws: what is wrong with it is said in words. */
export function parseNotebook(text: string): NotebookResult {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { error: `is not valid JSON: ${error.message}` };
    throw error;
  }
}

function parse(text: string): NotebookResult {
  const cursor = new JsonCursor(text, text.charCodeAt(0) === 0xfeff ? 1 : 0);
  if (cursor.peek() !== '{') return { error: 'is not a notebook: it does not hold a JSON object' };
  let cells: RawCell[] | undefined;
  let format: number | undefined;
  let language: string | undefined;
  cursor.object((key) => {
    if (key === 'cells' && cursor.peek() === '[') {
      const found: RawCell[] = [];
      cursor.array(() => found.push(readCell(cursor)));
      cells = found;
    } else if (key === 'nbformat') {
      cursor.skipSpace();
      const start = cursor.at;
      cursor.skip();
      format = Number(text.slice(start, cursor.at));
    } else if (key === 'metadata' && cursor.peek() === '{') language = readLanguage(cursor) ?? language;
    else cursor.skip();
  });
  if (cursor.peek() !== '') cursor.fail('nothing after the notebook');
  if (format !== undefined && format < 4) {
    return { error: `is a notebook of the old format ${format}: open and save it in Jupyter to bring it up to date` };
  }
  if (cells === undefined) return { error: 'is not a notebook: it has no list of cells' };
  return { notebook: new ParsedNotebook(text, cells, language?.toLowerCase()) };
}

function readCell(cursor: JsonCursor): RawCell {
  let type = '';
  let source: RawSource | undefined;
  if (cursor.peek() !== '{') {
    cursor.skip();
    return { type, source };
  }
  cursor.object((key) => {
    if (key === 'cell_type' && cursor.peek() === '"') type = cursor.string().value;
    else if (key === 'source' && (cursor.peek() === '"' || cursor.peek() === '[')) source = readSource(cursor);
    else cursor.skip();
  });
  return { type, source };
}

function readSource(cursor: JsonCursor): RawSource {
  const isList = cursor.peek() === '[';
  const start = cursor.at;
  const strings: JsonString[] = [];
  if (isList) cursor.array(() => strings.push(cursor.string()));
  else strings.push(cursor.string());
  return { start, end: cursor.at, strings, isList };
}

function readLanguage(cursor: JsonCursor): string | undefined {
  let kernel: string | undefined;
  let info: string | undefined;
  const read = (wanted: string): string | undefined => {
    let found: string | undefined;
    if (cursor.peek() !== '{') {
      cursor.skip();
      return undefined;
    }
    cursor.object((key) => {
      if (key === wanted && cursor.peek() === '"') found = cursor.string().value;
      else cursor.skip();
    });
    return found;
  };
  cursor.object((key) => {
    if (key === 'kernelspec') kernel = read('language');
    else if (key === 'language_info') info = read('name');
    else cursor.skip();
  });
  return info ?? kernel;
}

class ParsedNotebook implements Notebook {
  readonly cells: readonly (NotebookCell & { readonly raw: RawSource })[];

  constructor(
    private readonly text: string,
    cells: readonly RawCell[],
    readonly language: string | undefined,
  ) {
    this.cells = cells.flatMap(({ type, source }, at) => {
      if (type !== 'code' || source === undefined) return [];
      return [
        {
          source: source.strings.map((part) => part.value).join(''),
          index: at + 1,
          raw: source,
          fileOffset: (offset: number) => fileOffset(text, source, offset),
        },
      ];
    });
  }

  write(sources: readonly string[]): string {
    const edits: Edit[] = [];
    // A file that escapes what is not ASCII goes on doing so.
    const isAscii = !/[\u0080-\uffff]/.test(this.text) && /\\u[0-9a-fA-F]{4}/.test(this.text);
    for (const [i, cell] of this.cells.entries()) {
      const source = sources[i];
      if (source === undefined || source === cell.source) continue;
      edits.push({ span: cell.raw, text: writeSource(this.text, cell.raw, source, isAscii) });
    }
    return applyEdits(this.text, edits);
  }
}

function writeSource(text: string, raw: RawSource, source: string, isAscii: boolean): string {
  // A line that was in the file before keeps its own spelling of escapes.
  const known = new Map(raw.strings.map((part) => [part.value, text.slice(part.start, part.end)]));
  const literal = (value: string): string => known.get(value) ?? writeString(value, isAscii);
  if (!raw.isList) return literal(source);
  const lines = source.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const first = raw.strings[0];
  const last = raw.strings.at(-1);
  // Only a file written on one line tells nothing by the white space after the bracket.
  const oneLineSeparator = /^\uFEFF?\s*\{\s*"[^"]*": /.test(text) ? ', ' : ',';
  if (first === undefined || last === undefined) return `[${lines.map(literal).join(oneLineSeparator)}]`;
  const opening = text.slice(raw.start, first.start);
  const closing = text.slice(last.end, raw.end);
  const second = raw.strings[1];
  const separatorOfOne = opening.length > 1 ? `,${opening.slice(1)}` : oneLineSeparator;
  const separator = second ? text.slice(first.end, second.start) : separatorOfOne;
  return opening + lines.map(literal).join(separator) + closing;
}

function writeString(value: string, isAscii: boolean): string {
  const json = JSON.stringify(value);
  if (!isAscii) return json;
  return json.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Steps through the literals' escapes; an offset at or past the end gives the place after the last character. */
function fileOffset(text: string, raw: RawSource, offset: number): number {
  let left = offset;
  for (const part of raw.strings) {
    if (left >= part.value.length && part !== raw.strings.at(-1)) {
      left -= part.value.length;
      continue;
    }
    let at = part.start + 1;
    for (let i = 0; i < left && at < part.end - 1; i++) {
      if (text[at] !== '\\') at++;
      else at += text[at + 1] === 'u' ? 6 : 2;
    }
    return at;
  }
  return raw.start;
}
