// l10n/bundle.l10n.json holds every text that the extension shows, for translators: no more and no less.
// After a change of texts: NANLENS_UPDATE_L10N=1 node scripts/unit.mjs l10n
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { globSync } from 'tinyglobby';
import { english } from '../../../src/protocol/strings';

const bundle = 'l10n/bundle.l10n.json';

/** Literals that are the first argument of `l10n.t(…)`, as the running program sees them. */
function textsIn(source: string): string[] {
  const call = /\bl10n\s*\.t\(\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/g;
  return [...source.matchAll(call)].map((match) => unquote(match[1] ?? "''"));
}

function unquote(literal: string): string {
  const inside = literal.slice(1, -1).replace(/\\'/g, "'");
  const escaped = literal.startsWith("'") ? inside.replace(/(?<!\\)"/g, '\\"') : inside;
  return JSON.parse(`"${escaped}"`);
}

function calls(source: string): number {
  return [...source.matchAll(/\bl10n\s*\.t\((?!text\))/g)].length;
}

test('the bundle for translators holds exactly the texts of the extension', () => {
  const texts = new Set<string>(Object.values(english));
  for (const file of globSync('src/extension/**/*.ts')) {
    const source = readFileSync(file, 'utf8');
    const found = textsIn(source);
    assert.equal(found.length, calls(source), `${file} translates something that is no literal`);
    for (const text of found) texts.add(text);
  }
  const wanted = Object.fromEntries([...texts].sort().map((text) => [text, text]));
  if (process.env.NANLENS_UPDATE_L10N) writeFileSync(bundle, `${JSON.stringify(wanted, null, 2)}\n`);
  assert.deepEqual(JSON.parse(readFileSync(bundle, 'utf8')), wanted, 'see the head of this test for how to update');
});

test('every text of the manifest is there, and none is left over', () => {
  const manifest = readFileSync('package.json', 'utf8');
  const used = new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1] ?? ''));
  const defined = Object.keys(JSON.parse(readFileSync('package.nls.json', 'utf8')));
  assert.deepEqual([...used].sort(), [...defined].sort());
});
