// package.json says what is so: its files are built, its commands and settings exist in the code, its texts are there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { filesBelow, readText } from './source-files';

interface Configuration {
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly version: string;
  readonly engines: { readonly vscode: string; readonly node: string };
  readonly main: string;
  readonly browser: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly contributes?: {
    readonly commands?: readonly { readonly command: string; readonly category?: string }[];
    readonly configuration?: Configuration | readonly Configuration[];
    readonly customEditors?: readonly { readonly viewType: string }[];
    readonly languages?: readonly { readonly id: string }[];
    readonly grammars?: readonly { readonly path: string; readonly scopeName: string }[];
  };
}

const text = readText('package.json');
const manifest = JSON.parse(text) as Manifest;
const contributes = manifest.contributes ?? {};
const code = filesBelow('src/extension', ['.ts']).map(readText).join('\n');
const commands = (contributes.commands ?? []).map(({ command }) => command);
const groups = [contributes.configuration ?? []].flat() as readonly Configuration[];
const settings = groups.flatMap((group) => Object.keys(group.properties ?? {}));

describe('package.json', () => {
  test('asks for the VS Code whose types are used', () => {
    assert.equal(manifest.engines.vscode, '^1.100.0');
    assert.match(manifest.devDependencies['@types/vscode'] ?? '', /^[~^]?1\.100\./);
    assert.equal(manifest.engines.node, '>=20');
  });

  test('ships bundles only: nothing is installed beside them', () => {
    assert.deepEqual(Object.keys(manifest.dependencies ?? {}), []);
    const bundles = readText('scripts/bundles.mjs');
    const entries = [manifest.main, manifest.browser, ...Object.values(manifest.bin)];
    for (const entry of entries) assert.ok(bundles.includes(`'${entry.replace(/^\.\//, '')}'`), entry);
  });

  test('runs scripts that exist', () => {
    const scripts = Object.values(manifest.scripts).flatMap((script) => script.match(/scripts\/[\w./-]+\.mjs/g) ?? []);
    assert.ok(scripts.length > 5);
    assert.deepEqual(
      scripts.filter((script) => !existsSync(script)),
      [],
    );
  });

  test('offers the commands that the code registers, all of one category', () => {
    const registered = [...code.matchAll(/['"`](nanlens\.[A-Za-z]+(?:\.[A-Za-z]+)*)['"`]/g)].map(([, id = '']) => id);
    assert.ok(commands.length > 0);
    assert.deepEqual(
      commands.filter((command) => !registered.includes(command)),
      [],
    );
    const named = [...code.matchAll(/registerCommand\(\s*['"`](nanlens\.[\w.]+)['"`]/g)].map(([, id = '']) => id);
    assert.deepEqual(
      named.filter((command) => !commands.includes(command)),
      [],
    );
    for (const { command, category } of contributes.commands ?? []) assert.ok(category, `${command} has no category`);
  });

  test('declares settings that the code reads', () => {
    assert.ok(settings.length > 0);
    const unread = settings.filter((setting) => {
      const key = setting.replace(/^nanlens\./, '');
      return !code.includes(`'${key}'`) && !code.includes(`'${setting}'`);
    });
    assert.deepEqual(unread, []);
  });

  test('names grammars and custom editors that exist', () => {
    for (const { path, scopeName } of contributes.grammars ?? []) {
      const grammar = JSON.parse(readText(path.replace(/^\.\//, ''))) as { scopeName: string };
      assert.equal(grammar.scopeName, scopeName);
    }
    for (const { viewType } of contributes.customEditors ?? []) assert.ok(code.includes(`'${viewType}'`), viewType);
  });

  test('has a text for every key', () => {
    const keys = [...text.matchAll(/"%([\w.-]+)%"/g)].map(([, key = '']) => key);
    const texts = keys.length > 0 ? (JSON.parse(readText('package.nls.json')) as Record<string, string>) : {};
    assert.deepEqual(
      keys.filter((key) => !(key in texts)),
      [],
    );
    assert.deepEqual(
      Object.keys(texts).filter((key) => !keys.includes(key)),
      [],
    );
  });
});

describe('generated files', () => {
  test('are what the rules say', () => {
    const run = spawnSync(process.execPath, ['scripts/generate.mjs', '--check'], { encoding: 'utf8' });
    assert.equal(run.stderr.trim(), '');
    assert.equal(run.status, 0);
  });
});
