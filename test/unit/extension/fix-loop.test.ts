// Safe fixes until none is left: they converge, never clash, never include an unsafe one, and never loop for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisResult, Finding, FixSafety } from '../../../src/analyzer/finding';
import { type AnalyzeProgram, compatibleSafeFixes, fixUntilStable } from '../../../src/extension/engine/fix-loop';
import type { FixRequest, Program } from '../../../src/extension/engine/messages';
import { applyEdits, type Edit } from '../../../src/text/edit';

const config = { select: [], ignore: [], minConfidence: 'likely', severity: {} } as const;

function finding(code: string, start: number, end: number, fixes: readonly (readonly [FixSafety, Edit[]])[]): Finding {
  return {
    code,
    name: code,
    severity: 'warning',
    confidence: 'proven',
    span: { start, end },
    message: '',
    related: [],
    fixes: fixes.map(([safety, edits]) => ({ title: safety, safety, edits })),
  };
}

function replace(start: number, end: number, text: string): Edit {
  return { span: { start, end }, text };
}

/** An analyser that finds every match of a pattern, with one fix each. */
function finder(
  pattern: RegExp,
  fixOf: (match: string) => readonly [FixSafety, string],
  code = 'NAN101',
): AnalyzeProgram {
  return (program: Program) =>
    program.cells.map(
      (text): AnalysisResult => ({
        findings: [...text.matchAll(pattern)].map((match) => {
          const [safety, written] = fixOf(match[0]);
          const end = match.index + match[0].length;
          return finding(code, match.index, end, [[safety, [replace(match.index, end, written)]]]);
        }),
        problems: [],
      }),
    );
}

function request(text: string, codes?: readonly string[]): FixRequest {
  return { kind: 'fix', program: { cells: [text], isNotebook: false }, cell: 0, config, codes };
}

test('fixes that bring forth others are carried through', () => {
  const reply = fixUntilStable(
    request('aa c aa'),
    finder(/aa|b/g, (match) => ['safe', match === 'aa' ? 'b' : 'X']),
  );
  assert.equal(applyEdits('aa c aa', reply.edits), 'X c X');
  assert.equal(reply.count, 4);
  assert.deepEqual(reply.problems, []);
});

test('unsafe fixes are left alone', () => {
  const reply = fixUntilStable(
    request('a b'),
    finder(/[ab]/g, (match) => [match === 'a' ? 'safe' : 'unsafe', 'X']),
  );
  assert.equal(applyEdits('a b', reply.edits), 'X b');
});

test('only the rules that were asked for are fixed', () => {
  const analyze = finder(/a/g, () => ['safe', 'X']);
  assert.equal(fixUntilStable(request('a', ['NAN401']), analyze).count, 0);
  assert.equal(fixUntilStable(request('a', ['NAN101']), analyze).count, 1);
});

test('fixes that undo each other end, and it is said', () => {
  const reply = fixUntilStable(
    request('a'),
    finder(/[ab]/g, (match) => ['safe', match === 'a' ? 'b' : 'a']),
  );
  assert.equal(applyEdits('a', reply.edits), 'b');
  assert.match(reply.problems[0] ?? '', /undo each other/);
});

test('fixes that never end are cut off, and it is said', () => {
  const reply = fixUntilStable(
    request('a'),
    finder(/a$/g, () => ['safe', 'aa']),
  );
  assert.equal(applyEdits('a', reply.edits).length, 11);
  assert.match(reply.problems[0] ?? '', /10 rounds/);
});

test('of fixes that meet at one place only the first is taken in a round', () => {
  const fixes = compatibleSafeFixes(
    {
      findings: [
        finding('A', 5, 6, [['safe', [replace(0, 0, 'import x\n'), replace(5, 6, 'p')]]]),
        finding('B', 8, 9, [['safe', [replace(0, 0, 'import x\n'), replace(8, 9, 'q')]]]),
        finding('C', 11, 12, [
          ['unsafe', [replace(11, 12, 'u')]],
          ['safe', [replace(11, 12, 's')]],
        ]),
      ],
      problems: [],
    },
    undefined,
  );
  assert.deepEqual(
    fixes.flatMap((fix) => fix.edits.map((edit) => edit.text)),
    ['import x\n', 'p', 's'],
  );
});

test('only the cell that was asked for changes', () => {
  const analyze = finder(/a/g, () => ['safe', 'X']);
  const cells = ['a', 'a'];
  const reply = fixUntilStable(
    { kind: 'fix', program: { cells, isNotebook: true }, cell: 1, config, codes: undefined },
    analyze,
  );
  assert.deepEqual(reply.edits, [replace(0, 1, 'X')]);
  assert.deepEqual(cells, ['a', 'a']);
  assert.equal(
    fixUntilStable({ kind: 'fix', program: { cells, isNotebook: true }, cell: 5, config, codes: undefined }, analyze)
      .count,
    0,
  );
});
