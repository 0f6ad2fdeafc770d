// A rule that no real framework has proven is none.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { RULES } from '../../src/rules/index.generated';
import { proofsFolder } from './cases';

test('every rule has a proof', () => {
  const proven = new Set(readdirSync(path.join(proofsFolder, 'cases')).map((name) => name.slice(0, 'NAN000'.length)));
  const unproven = RULES.map(({ code }) => code).filter((code) => !proven.has(code));
  assert.deepEqual(unproven, []);
});
