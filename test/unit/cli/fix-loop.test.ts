// Fixes are applied until none is left, and none makes a program parse worse.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AnalysisResult, DEFAULT_CONFIG, type Finding, type Fix } from '../../../src/analyzer/finding';
import type { Engine } from '../../../src/cli/engine';
import { applicableFix, applyFixes } from '../../../src/cli/fix-loop';
import { testEngine } from './harness';

function fixed(text: string, isUnsafeAllowed = false): ReturnType<typeof applyFixes> {
  return applyFixes({ texts: [text], isNotebook: false }, testEngine, { config: DEFAULT_CONFIG, isUnsafeAllowed });
}

describe('the fix loop', () => {
  it('adds an import that several fixes need once', () => {
    const outcome = fixed('softmax(x).log()\n'.repeat(12));
    assert.equal(outcome.texts[0], `import torch.nn.functional as F\n${'F.log_softmax(x)\n'.repeat(12)}`);
    assert.equal(outcome.applied, 12);
    assert.deepEqual([outcome.results[0]?.findings, outcome.problem], [[], undefined]);
  });

  it('applies unsafe fixes only where they are allowed', () => {
    assert.equal(fixed('y = log(p)').texts[0], 'y = log(p)');
    assert.equal(fixed('y = log(p)').results[0]?.findings.length, 1);
    assert.equal(fixed('y = log(p)', true).texts[0], 'y = log(p + 1e-6)');
  });

  it('leaves out a fix that would leave a syntax error, and applies the others', () => {
    const outcome = fixed('harm()\nlog(p)\nharm()\n', true);
    assert.equal(outcome.texts[0], 'harm()\nlog(p + 1e-6)\nharm()\n');
    assert.equal(outcome.applied, 1);
    assert.match(outcome.problem ?? '', /syntax error/);
  });

  it('stops where fixes undo each other, and where they never end', () => {
    const circle = fixed('ping()');
    assert.match(circle.problem ?? '', /undo each other/);
    assert.ok(['ping()', 'pong()'].includes(circle.texts[0] ?? ''));
    const growth = fixed('grow()');
    assert.match(growth.problem ?? '', /after 10 rounds/);
    assert.equal(growth.applied > 0 && (growth.texts[0]?.length ?? 0) < 10_000, true);
  });

  it('fixes every text of a program on its own', () => {
    const program = { texts: ['log(p)', 'x = 1', 'log(p); log(p)'], isNotebook: true };
    const { texts } = applyFixes(program, testEngine, { config: DEFAULT_CONFIG, isUnsafeAllowed: true });
    assert.deepEqual(texts, ['log(p + 1e-6)', 'x = 1', 'log(p + 1e-6); log(p + 1e-6)']);
  });

  it('prefers a safe fix, and never takes one without edits', () => {
    const fix = (title: string, safety: Fix['safety'], count = 1): Fix => ({
      title,
      safety,
      edits: Array.from({ length: count }, () => ({ span: { start: 0, end: 0 }, text: '' })),
    });
    const finding = (...fixes: Fix[]): Finding => ({
      code: 'NAN101',
      name: 'n',
      severity: 'warning',
      confidence: 'proven',
      span: { start: 0, end: 0 },
      message: '',
      related: [],
      fixes,
    });
    const some = finding(fix('empty', 'safe', 0), fix('first', 'unsafe'), fix('second', 'unsafe'), fix('safe', 'safe'));
    assert.equal(applicableFix(some, true)?.title, 'safe');
    assert.equal(applicableFix(finding(...some.fixes.slice(0, 3)), true)?.title, 'first');
    assert.equal(applicableFix(finding(...some.fixes.slice(0, 3)), false), undefined);
  });

  it('applies random overlapping fixes one at a time, and always to the same end', () => {
    // Every "a" may become "b", together with any neighbours: overlapping spans on purpose.
    const engine: Engine = {
      analyze: ({ texts }): AnalysisResult[] =>
        texts.map((text) => ({
          problems: [],
          findings: [...text.matchAll(/a/g)].map(({ index }) => {
            const span = { start: Math.max(0, index - 1), end: Math.min(text.length, index + 2) };
            const edits = [{ span, text: text.slice(span.start, span.end).replaceAll('a', 'b') }];
            const fixes = [{ title: 't', safety: 'safe' as const, edits }];
            return {
              code: 'X',
              name: 'x',
              severity: 'hint',
              confidence: 'proven',
              span,
              message: '',
              related: [],
              fixes,
            };
          }),
        })),
      countBroken: () => 0,
    };
    let state = 7;
    for (let round = 0; round < 200; round++) {
      let text = '';
      for (let i = 0; i < 30; i++) {
        state = (state * 48271) % 2147483647;
        text += 'abc '[state % 4];
      }
      const program = { texts: [text], isNotebook: false };
      const { texts, problem } = applyFixes(program, engine, { config: DEFAULT_CONFIG, isUnsafeAllowed: false });
      assert.deepEqual([texts[0], problem], [text.replaceAll('a', 'b'), undefined]);
    }
  });

  it('ignores a fix whose edits do not fit the text', () => {
    const broken: Engine = {
      ...testEngine,
      analyze: ({ texts }) =>
        testEngine.analyze({ texts, isNotebook: false }, DEFAULT_CONFIG).map((result) => ({
          ...result,
          findings: result.findings.map((finding) => ({
            ...finding,
            fixes: [{ title: 't', safety: 'safe', edits: [{ span: { start: 0, end: 999 }, text: '' }] }],
          })),
        })),
    };
    const program = { texts: ['log(p)'], isNotebook: false };
    const outcome = applyFixes(program, broken, { config: DEFAULT_CONFIG, isUnsafeAllowed: true });
    assert.deepEqual([outcome.texts, outcome.applied], [['log(p)'], 0]);
  });
});
