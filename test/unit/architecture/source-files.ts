// The repository's own files as the architecture tests see them: paths from the root, text, imports.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The working directory of every script of package.json. */
const ROOT = process.cwd();

const IGNORED = new Set(['node_modules', 'dist', '.cache', '.vscode-test', '.git', '__pycache__']);

/** Files below `folder` (a path from the root) with one of the extensions, sorted; none if there is no such folder. */
export function filesBelow(folder: string, extensions: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (relative: string): void => {
    for (const entry of readdirSync(path.join(ROOT, relative), { withFileTypes: true })) {
      if (IGNORED.has(entry.name)) continue;
      const child = `${relative}/${entry.name}`;
      if (entry.isDirectory()) visit(child);
      else if (extensions.some((extension) => entry.name.endsWith(extension))) found.push(child);
    }
  };
  if (readdirSync(ROOT).includes(folder.split('/')[0] ?? '')) visit(folder);
  return found.sort();
}

export function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

export function foldersOf(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

export interface Import {
  /** As written: '../text/span', 'node:fs', 'lit'. */
  readonly specifier: string;
  /** Gone once types are: cannot make a cycle at run time. */
  readonly typeOnly: boolean;
}

const FROM = /^\s*(?:import|export)\s+(type\s+)?(\{[^}]*\}|[\w$*\s,]+?(?:\{[^}]*\})?)\s+from\s+'([^']+)'/gm;
const BARE = /(?:^\s*import\s+|\bimport\(\s*|\brequire\(\s*)'([^']+)'/gm;

/** Every import, re-export, dynamic import and require of a TypeScript text. */
export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const [, type, clause = '', specifier = ''] of text.matchAll(FROM)) {
    const names = clause.startsWith('{') ? clause.slice(1, -1).split(',') : [clause];
    const written = names.map((name) => name.trim()).filter((name) => name !== '');
    const typeOnly = type !== undefined || written.every((name) => name.startsWith('type '));
    found.push({ specifier, typeOnly });
  }
  for (const [, specifier = ''] of text.matchAll(BARE)) found.push({ specifier, typeOnly: false });
  return found;
}

/** Path from the root of the module that a relative import means, without its extension. */
export function resolveImport(from: string, specifier: string): string {
  return path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier)).replace(/\.ts$/, '');
}
