// The table of features names tests that exist.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

describe('docs/features.md', () => {
  const named = [
    ...readFileSync('docs/features.md', 'utf8').matchAll(/`(test\/[\w/.-]+\.test\.ts)`: ([^|\n]+?)(?: \||\)|$)/gm),
  ];

  test('names a test in every row of its table', () => {
    const rows = readFileSync('docs/features.md', 'utf8').match(/^\| (?!What they offer).+\|$/gm) ?? [];
    assert.ok(rows.length > 25);
    assert.ok(named.length >= rows.length);
  });

  for (const [, file = '', title = ''] of named) {
    test(`${file}: ${title}`, () => {
      assert.ok(existsSync(file), `${file} is not there`);
      const source = readFileSync(file, 'utf8').replaceAll("\\'", "'");
      assert.ok(source.includes(`'${title}'`), `${file} has no test of this name`);
    });
  }
});
