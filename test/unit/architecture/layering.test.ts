// Imports only go down, the pure layers know no machine, and the faces do not know each other.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { filesBelow, foldersOf, importsOf, readText, resolveImport } from './source-files';

/** For each folder of src, the others that it may import. The faces see plain data, never a syntax tree. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  text: [],
  syntax: ['text'],
  semantic: ['text', 'syntax'],
  rules: ['text', 'syntax', 'semantic'],
  analyzer: ['text', 'syntax', 'semantic', 'rules'],
  project: ['text', 'analyzer'],
  dump: ['text'],
  protocol: ['text', 'dump'],
  agent: ['text', 'analyzer', 'project', 'dump'],
  cli: ['text', 'analyzer', 'project', 'dump', 'agent'],
  extension: ['text', 'analyzer', 'project', 'dump', 'protocol', 'agent'],
  webview: ['protocol'],
};

const PURE = ['text', 'syntax', 'semantic', 'rules', 'analyzer', 'project', 'dump', 'protocol', 'agent'];

/** The vocabulary of findings: types that rules speak and the facade passes on. It imports nothing above `text`. */
const VOCABULARY = 'src/analyzer/finding';

/** The bytes of the parser are named by the faces, which alone can load them. */
const PARSER_TYPES = 'src/syntax/parser';

/** Packages that the pure layers may use: they run wherever JavaScript runs. */
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  text: ['diff'],
  syntax: ['web-tree-sitter'],
  project: ['ignore', 'toml-eslint-parser'],
  dump: ['valibot', '@bufbuild/protobuf'],
  protocol: ['valibot'],
};

const layerOf = (file: string): string => file.split('/')[1] ?? '';

const sources = filesBelow('src', ['.ts']);

function importFaults(file: string): string[] {
  const layer = layerOf(file);
  const allowed = MAY_IMPORT[layer] ?? [];
  return importsOf(readText(file)).flatMap(({ specifier, typeOnly }) => {
    if (!specifier.startsWith('.')) {
      const isPure = PURE.includes(layer);
      const name = specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : (specifier.split('/')[0] ?? '');
      if (isPure && !(PURE_PACKAGES[layer] ?? []).includes(name)) return [`${file} imports ${specifier}`];
      if (specifier === 'vscode' && layer !== 'extension') return [`${file} imports vscode`];
      if (specifier.startsWith('node:') && layer === 'webview') return [`${file} imports ${specifier}`];
      return [];
    }
    const target = resolveImport(file, specifier);
    const other = layerOf(target);
    if (other === layer || allowed.includes(other)) return [];
    if (target === PARSER_TYPES && typeOnly && (layer === 'cli' || layer === 'extension')) return [];
    if (target === VOCABULARY && PURE.includes(layer)) return [];
    return target.startsWith('src/') ? [`${file} imports ${target}`] : [];
  });
}

describe('layers', () => {
  test('every folder of src has its place', () => {
    assert.deepEqual(
      foldersOf('src').filter((folder) => !(folder in MAY_IMPORT)),
      [],
    );
  });

  test('imports go down only', () => {
    assert.ok(sources.length > 20);
    assert.deepEqual(sources.flatMap(importFaults), []);
  });

  test('the vocabulary of findings imports nothing above text', () => {
    const above = importsOf(readText(`${VOCABULARY}.ts`)).filter(({ specifier }) => !specifier.startsWith('../text/'));
    assert.deepEqual(above, []);
  });

  test('only the parser knows tree-sitter', () => {
    const users = sources.filter((file) =>
      importsOf(readText(file)).some(({ specifier, typeOnly }) => specifier === 'web-tree-sitter' && !typeOnly),
    );
    assert.ok(
      users.every((file) => file.startsWith('src/syntax/')),
      users.join(', '),
    );
  });

  test('no rule knows another one', () => {
    const rules = sources.filter((file) => /^export const rule\b/m.test(readText(file)));
    assert.ok(
      rules.every((file) => layerOf(file) === 'rules'),
      rules.join(', '),
    );
    const known = new Set(['src/rules/index.generated', ...rules.map((file) => file.replace(/\.ts$/, ''))]);
    const users = sources
      .filter((file) => layerOf(file) === 'rules' && !file.endsWith('.generated.ts'))
      .filter((file) => importsOf(readText(file)).some(({ specifier }) => known.has(resolveImport(file, specifier))));
    assert.deepEqual(users, []);
  });

  test('the pure layers use no global of Node or of a page', () => {
    const tsc = path.resolve('node_modules/.bin/tsc');
    const run = spawnSync(tsc, ['-p', 'test/unit/architecture/pure-layers.tsconfig.json'], { encoding: 'utf8' });
    assert.equal(run.error, undefined);
    const missing = run.stdout.split('\n').filter((line) => /error TS(2304|2552|258\d|259\d|2867|2868): /.test(line));
    assert.deepEqual(missing, []);
  });
});

describe('the layering test itself', () => {
  test('sees every form of import', () => {
    const text = [
      "import type { A } from '../a';",
      "import { type B, type C } from '../b';",
      "import { type D, e } from '../c';",
      "import f, {\n  g,\n  h\n} from '../d';",
      "import * as i from '../e';",
      "export { j } from '../f';",
      "export * from '../g';",
      "import '../h';",
      "const k = await import('../i');",
      "const l = require('../j');",
    ].join('\n');
    assert.deepEqual(
      importsOf(text).map(({ specifier, typeOnly }) => `${specifier}${typeOnly ? ' type' : ''}`),
      ['../a type', '../b type', '../c', '../d', '../e', '../f', '../g', '../h', '../i', '../j'],
    );
  });
});
