// House rules for every source file: it says what it is about, it has one subject, and nothing in it waits to be done.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { filesBelow, foldersOf, readText } from './source-files';

const MAX_LINES = 500;

const files = ['src', 'test', 'scripts', 'bench'].flatMap((folder) => filesBelow(folder, ['.ts', '.mjs']));
const written = files.filter((file) => !file.endsWith('.generated.ts'));

/** The comment at the very top, its lines joined; undefined if there is none. */
function headerOf(text: string): string | undefined {
  const lines = text.replace(/^#!.*\n/, '').split('\n');
  const block = /^\/\*\*?([\s\S]*?)\*\//.exec(lines.join('\n'));
  if (block) return (block[1] ?? '').replace(/^\s*\*? ?/gm, '').trim();
  const end = lines.findIndex((line) => !line.startsWith('//'));
  const header = lines.slice(0, end).map((line) => line.replace(/^\/\/+\s?/, ''));
  return header.length > 0 ? header.join(' ').trim() : undefined;
}

describe('source files', () => {
  test('begin with a sentence that says what they are', () => {
    const bad = files.filter((file) => {
      const header = headerOf(readText(file));
      return header === undefined || header.length < 20 || !/[.:](?:\s|$)/.test(header);
    });
    assert.deepEqual(bad, []);
  });

  test(`have fewer than ${MAX_LINES} lines`, () => {
    const long = written.map((file) => ({ file, lines: readText(file).split('\n').length - 1 }));
    assert.deepEqual(
      long.filter(({ lines }) => lines >= MAX_LINES),
      [],
    );
  });

  test('leave nothing to be done later', () => {
    // Spelt in two halves, so that this file does not find itself.
    const later = new RegExp(`\\b(TO${'DO'}|FIX${'ME'}|HA${'CK'})\\b`);
    assert.deepEqual(
      written.filter((file) => later.test(readText(file))),
      [],
    );
  });

  test('skip no test and run none alone', () => {
    const marked = /\b(?:test|it|describe|suite)\.(?:skip|only|todo)\b|\b(?:skip|only|todo): true\b/;
    assert.deepEqual(
      files.filter((file) => file.endsWith('.test.ts') && marked.test(readText(file))),
      [],
    );
  });
});

describe('documents', () => {
  test('ARCHITECTURE.md speaks of every folder of src', () => {
    const text = readText('ARCHITECTURE.md');
    assert.deepEqual(
      foldersOf('src').filter((folder) => !text.includes(`src/${folder}`)),
      [],
    );
  });

  test('README.md gives the two commands', () => {
    const text = readText('README.md');
    for (const command of ['npm ci && npm start', 'npm ci && npm test']) assert.ok(text.includes(command), command);
  });

  test('relative links lead somewhere', () => {
    const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/README.md'];
    const dead = documents.flatMap((file) => {
      const folder = file.includes('/') ? `${file.split('/')[0]}/` : '';
      const links = [...readText(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = '']) => link);
      return links.filter((link) => !existsSync(`${folder}${link}`)).map((link) => `${file}: ${link}`);
    });
    assert.deepEqual(dead, []);
  });
});
