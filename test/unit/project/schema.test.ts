// The schema of the table agrees with the reader: what it allows is read without a problem, and what it forbids is told.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import Ajv from 'ajv';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { allRules } from '../../../src/analyzer/analyzer';
import { KEYS, readProjectSettings } from '../../../src/project/settings';

const schema = JSON.parse(readFileSync('media/pyproject.schema.json', 'utf8'));
const validate = new Ajv({ allErrors: true }).compile(schema);
const rules = allRules();

const README_TABLE = /```toml\n(\[tool\.nanlens\][\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';

const GOOD = [
  README_TABLE,
  '[project]\nname = "x"\n[tool.ruff]\nselect = 1\n',
  '[tool.nanlens]\n',
  '[tool.nanlens]\nselect = ["ALL", "NAN", "NAN1", "NAN10", "NAN101", "log-of-possible-zero"]\n',
  '[tool.nanlens]\nseverity = { NAN1 = "hint", clip-after-step = "off", NAN001 = "error" }\n',
  '[tool.nanlens]\nper-file-ignores = { "**/tests/*" = ["ALL"], "a b.py" = [] }\nexclude = ["x"]\n',
  ...['possible', 'likely', 'proven'].map((level) => `[tool.nanlens]\nmin-confidence = "${level}"\n`),
];

const BAD = [
  'tool.nanlens = 1',
  '[tool.nanlens]\nselect = "ALL"',
  '[tool.nanlens]\nignore = ["NAN999"]',
  '[tool.nanlens]\nextend-select = [1]',
  '[tool.nanlens]\nselct = []',
  '[tool.nanlens]\nmin-confidence = "sure"',
  '[tool.nanlens]\nseverity = { NAN101 = "loud" }',
  '[tool.nanlens]\nseverity = { NAN999 = "error" }',
  '[tool.nanlens]\nexclude = "x"',
  '[tool.nanlens]\nper-file-ignores = { "x" = "NAN1" }',
];

function isValid(toml: string): boolean {
  return validate(getStaticTOMLValue(parseTOML(toml)));
}

describe('the schema of the table', () => {
  it('knows every key and every rule', () => {
    const { properties } = schema.definitions.nanlens;
    assert.deepEqual(Object.keys(properties), [...KEYS]);
    assert.deepEqual(
      Object.keys(properties.severity.properties),
      rules.map(({ code }) => code),
    );
  });

  for (const toml of GOOD) {
    it(`allows ${JSON.stringify(toml)}`, () => {
      assert.ok(isValid(toml), JSON.stringify(validate.errors));
      assert.deepEqual(readProjectSettings(toml, rules).problems, []);
    });
  }

  for (const toml of BAD) {
    it(`forbids ${JSON.stringify(toml)}`, () => {
      assert.ok(!isValid(toml));
      assert.equal(readProjectSettings(toml, rules).problems.length, 1);
    });
  }
});
