// TOML as values that know where they stand, so that what is wrong with one can be shown on its line.

import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import type { Span } from '../text/span';

export type TomlValue = TomlTable | TomlArray | TomlScalar;

export interface TomlEntry {
  /** The key as it is written, where it is first written. */
  readonly key: Span;
  readonly value: TomlValue;
}

/** A table; one that is written in several parts has the span of the first. */
export interface TomlTable {
  readonly kind: 'table';
  readonly span: Span;
  readonly entries: ReadonlyMap<string, TomlEntry>;
}

export interface TomlArray {
  readonly kind: 'array';
  readonly span: Span;
  readonly items: readonly TomlValue[];
}

export interface TomlScalar {
  readonly kind: 'string' | 'number' | 'boolean' | 'date';
  readonly span: Span;
  readonly value: unknown;
}

/** What keeps a text from being TOML. */
export interface TomlFault {
  readonly message: string;
  readonly span: Span;
}

interface GrowingTable {
  readonly kind: 'table';
  readonly span: Span;
  readonly entries: Map<string, { readonly key: Span; readonly value: TomlValue }>;
}

/** Never throws. */
export function parseToml(text: string): TomlTable | TomlFault {
  try {
    // The newest grammar accepts all that the older ones do: what others make of the file is not our business.
    const program = parseTOML(text.replace(/^\ufeff/, ' '), { tomlVersion: 'next' });
    return rootOf(program, text.length);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { message: `this is no valid TOML: ${inWords(message)}`, span: faultSpan(text, error) };
  }
}

export function isFault(parsed: TomlTable | TomlFault): parsed is TomlFault {
  return 'message' in parsed;
}

/** The entry at the path; undefined where there is none, or something that is no table stands on the way. */
export function entryAt(table: TomlTable, path: readonly string[]): TomlEntry | undefined {
  const [first, ...rest] = path;
  const entry = first === undefined ? undefined : table.entries.get(first);
  if (entry === undefined || rest.length === 0) return entry;
  return entry.value.kind === 'table' ? entryAt(entry.value, rest) : undefined;
}

function inWords(message: string): string {
  const text = message.replace(/\s+/g, ' ').replace(/\.$/, '').trim();
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** From where the parser gave up to the end of that line; at the end of the text, its last character. */
function faultSpan(text: string, error: unknown): Span {
  const index = error instanceof ParseError ? Math.max(0, Math.min(error.index, text.length)) : 0;
  const lineEnd = text.slice(index).search(/[\r\n]/);
  const end = lineEnd < 0 ? text.length : index + lineEnd;
  return end > index ? { start: index, end } : { start: Math.max(0, index - 1), end: index };
}

function spanOf(node: { readonly range: readonly [number, number] }): Span {
  return { start: node.range[0], end: node.range[1] };
}

function rootOf(program: AST.TOMLProgram, length: number): TomlTable {
  const root = emptyTable({ start: 0, end: length });
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') addPair(root, node);
    else addPart(root, node);
  }
  return root;
}

function emptyTable(span: Span): GrowingTable {
  return { kind: 'table', span, entries: new Map() };
}

/** One `[table]` or `[[array of tables]]` with its pairs. */
function addPart(root: GrowingTable, node: AST.TOMLTable): void {
  let table = root;
  const keys = node.key.keys;
  for (const [i, key] of keys.entries()) {
    const isElement = node.kind === 'array' && i === keys.length - 1;
    table = isElement ? newElement(table, key, node) : innerTable(table, key, spanOf(node.key));
  }
  for (const pair of node.body) addPair(table, pair);
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

/** The table under a key, made where there is none; of an array of tables, its last one. */
function innerTable(table: GrowingTable, key: AST.TOMLBare | AST.TOMLQuoted, span: Span): GrowingTable {
  const known = table.entries.get(nameOf(key))?.value;
  const last = known?.kind === 'array' ? known.items.at(-1) : known;
  // Tables of this tree are made here alone, so each can grow.
  if (last?.kind === 'table') return last as GrowingTable;
  const made = emptyTable(span);
  table.entries.set(nameOf(key), { key: spanOf(key), value: made });
  return made;
}

function newElement(table: GrowingTable, key: AST.TOMLBare | AST.TOMLQuoted, node: AST.TOMLTable): GrowingTable {
  const known = table.entries.get(nameOf(key));
  const made = emptyTable(spanOf(node.key));
  const items = known?.value.kind === 'array' ? known.value.items : [];
  const value: TomlArray = { kind: 'array', span: known?.value.span ?? spanOf(node.key), items: [...items, made] };
  table.entries.set(nameOf(key), { key: known?.key ?? spanOf(key), value });
  return made;
}

function addPair(table: GrowingTable, pair: AST.TOMLKeyValue): void {
  let target = table;
  for (const key of pair.key.keys.slice(0, -1)) target = innerTable(target, key, spanOf(pair.key));
  const last = pair.key.keys.at(-1);
  if (last) target.entries.set(nameOf(last), { key: spanOf(last), value: locatedValue(pair.value) });
}

function locatedValue(node: AST.TOMLContentNode): TomlValue {
  const span = spanOf(node);
  if (node.type === 'TOMLArray') return { kind: 'array', span, items: node.elements.map(locatedValue) };
  if (node.type === 'TOMLInlineTable') {
    const table = emptyTable(span);
    for (const pair of node.body) addPair(table, pair);
    return table;
  }
  const { kind } = node;
  const shown =
    kind === 'string' || kind === 'boolean' ? kind : kind === 'integer' || kind === 'float' ? 'number' : 'date';
  return { kind: shown, span, value: node.value };
}
