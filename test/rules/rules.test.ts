// Runs the Markdown fixtures of the rules, and the checks that every rule gets for free.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { Analyzer } from '../../src/analyzer/analyzer';
import { type AnalysisConfig, DEFAULT_CONFIG } from '../../src/analyzer/finding';
import { RULES } from '../../src/rules/index.generated';
import { applyHunks } from './harness/apply-hunks';
import { compareFindings, compareFixes } from './harness/expectations';
import { checkFinding } from './harness/finding-checks';
import { checkConvergence, checkFix } from './harness/fix-checks';
import { type Fixture, nameOf } from './harness/fixture';
import {
  checkHistory,
  checkLineEnds,
  checkLinesAbove,
  checkNoFailure,
  checkPrefixes,
  checkRenamedImports,
  checkSuppression,
  checkTabs,
} from './harness/invariance-checks';
import { readFixtures } from './harness/markdown';
import { freshAnalyzer } from './harness/python-analyzer';
import { checkBrokenNeighbours, checkCells } from './harness/surroundings-checks';

const FOLDER = path.resolve('test/rules');
const ALL_RULES: AnalysisConfig = { ...DEFAULT_CONFIG, select: ['ALL'], minConfidence: 'possible' };

let analyzer: Analyzer;
let fresh: Analyzer;

before(async () => {
  [analyzer, fresh] = await Promise.all([freshAnalyzer(), freshAnalyzer()]);
});

/** Fails in the words of the faults; where the harness noticed them helps nobody. */
function failWith(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const error = new Error(`\n${faults.join('\n\n')}`);
  error.stack = error.message;
  throw error;
}

/** Fails with every fault, and for each with the programs that show it, so that one run shows all that is wrong. */
function expectNone(fixtures: readonly Fixture[], check: (fixture: Fixture) => readonly string[]): void {
  const programs = new Map<string, string[]>();
  for (const fixture of fixtures) {
    for (const fault of check(fixture)) {
      programs.set(fault, [...(programs.get(fault) ?? []), nameOf(fixture)]);
    }
  }
  failWith(
    [...programs].map(([fault, names]) => {
      const more = names.length > 3 ? `\nand ${names.length - 3} more` : '';
      return `${names.slice(0, 3).join('\n')}${more}\n${fault}`;
    }),
  );
}

function checkAllFixes(fixture: Fixture): string[] {
  // Every rule looks on: a fix must not call up another rule's finding either.
  const config: AnalysisConfig = { ...ALL_RULES, minConfidence: fixture.config.minConfidence };
  const { findings } = analyzer.analyze(fixture.source, config);
  return findings.flatMap((finding) =>
    finding.fixes.flatMap((fix) => checkFix(analyzer, fixture.source, config, findings, finding, fix)),
  );
}

function checkEnds(fixture: Fixture): string[] {
  const first = checkConvergence(analyzer, fixture.source, ALL_RULES, (fixes) => fixes[0]);
  const last = checkConvergence(analyzer, fixture.source, ALL_RULES, (fixes) => fixes.at(-1));
  return [first, last].filter((fault) => fault !== undefined);
}

function checkRuleOfFile(code: string, title: string, fixtures: readonly Fixture[]): void {
  const rule = RULES.find((candidate) => candidate.code === code);
  assert.ok(rule, `there is no rule ${code}`);
  assert.equal(title, `# ${rule.code} ${rule.name}`);
  const silent = fixtures.filter(({ marks }) => marks.length === 0).length;
  assert.ok(silent * 5 >= fixtures.length * 2, `only ${silent} of ${fixtures.length} programs are near-misses`);
  const hasDiff = fixtures.some(({ fixes }) => fixes.length > 0);
  assert.equal(
    hasDiff,
    rule.fixable !== 'no',
    `fixable: ${rule.fixable}, but ${hasDiff ? 'a' : 'no'} diff is expected`,
  );
}

const files = readdirSync(FOLDER).filter((file) => /^NAN\d{3}\.md$/.test(file));

for (const file of files) {
  const text = readFileSync(path.join(FOLDER, file), 'utf8');
  const fixtures = readFixtures(file, text);
  describe(file, () => {
    test('is about a rule, with near-misses and fixes', () => {
      checkRuleOfFile(file.slice(0, -'.md'.length), text.split('\n')[0] ?? '', fixtures);
    });
    test('diffs fit their programs', () => {
      for (const { source, fixes } of fixtures) {
        for (const { hunks } of fixes) assert.notEqual(applyHunks(source, hunks), source);
      }
    });
    for (const fixture of fixtures) {
      test(nameOf(fixture), () => {
        const { findings } = analyzer.analyze(fixture.source, fixture.config);
        failWith([...compareFindings(fixture, findings), ...compareFixes(fixture, findings)]);
      });
    }
    test('findings are well formed', () => {
      expectNone(fixtures, ({ source }) =>
        analyzer.analyze(source, ALL_RULES).findings.flatMap((finding) => checkFinding(source, finding, RULES)),
      );
    });
    test('fixes mend and break nothing', () => expectNone(fixtures, checkAllFixes));
    test('fixing comes to an end', () => expectNone(fixtures, checkEnds));
    const invariances = {
      'the analysis does not fail': checkNoFailure,
      'lines above shift findings and change nothing else': checkLinesAbove,
      'imports may be renamed': checkRenamedImports,
      'CRLF changes nothing': checkLineEnds,
      'tabs change nothing': checkTabs,
      'a comment silences a finding': checkSuppression,
      'broken neighbours change nothing': checkBrokenNeighbours,
      'cells of a notebook are one program': checkCells,
    };
    for (const [name, check] of Object.entries(invariances)) {
      test(name, () => expectNone(fixtures, ({ source, config }) => check(analyzer, source, config)));
    }
    test('every prefix is analysed', () => {
      expectNone(fixtures, ({ source }) => checkPrefixes(analyzer, source, ALL_RULES));
    });
    test('earlier versions of a file leave no trace', () => {
      expectNone(fixtures, ({ source }) => checkHistory(analyzer, fresh, source, ALL_RULES));
    });
  });
}

describe('rules', () => {
  test('each has a file of fixtures', () => {
    assert.deepEqual(
      RULES.map(({ code }) => `${code}.md`),
      files,
    );
  });

  for (const rule of RULES) {
    test(`${rule.code}: the bad example is flagged by it alone, the good one is silent`, () => {
      const bad = analyzer.analyze(rule.docs.bad, DEFAULT_CONFIG).findings.map(({ code }) => code);
      assert.deepEqual([...new Set(bad)], [rule.code]);
      const good = analyzer.analyze(rule.docs.good, DEFAULT_CONFIG).findings;
      assert.deepEqual(
        good.map(({ code, message }) => `${code} ${message}`),
        [],
      );
    });
  }

  test('one that is not selected says nothing', () => {
    for (const rule of RULES) {
      const speaks = (config: AnalysisConfig) =>
        analyzer.analyze(rule.docs.bad, config).findings.some(({ code }) => code === rule.code);
      assert.equal(speaks({ ...DEFAULT_CONFIG, select: [rule.name] }), true);
      assert.equal(speaks({ ...DEFAULT_CONFIG, ignore: [rule.code] }), false);
      assert.equal(speaks({ ...DEFAULT_CONFIG, severity: { [rule.code]: 'off' } }), false);
    }
  });
});
