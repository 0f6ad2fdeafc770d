// NAN001: which suppressions are called idle, which are not, and what their fixes leave.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import { type AnalysisConfig, DEFAULT_CONFIG, type Finding } from '../../../src/analyzer/finding';
import { UNUSED_SUPPRESSION } from '../../../src/analyzer/unused-suppression-rule';
import { applyEdits } from '../../../src/text/edit';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';

let analyzer: Analyzer;

before(async () => {
  analyzer = await freshAnalyzer();
});

// Hints of whole training scripts are not what these programs are about.
const CONFIG: AnalysisConfig = DEFAULT_CONFIG;

const HAZARD = 'torch.log(torch.softmax(x, dim=-1))';

function analyze(text: string, config = CONFIG): { idle: string[]; findings: readonly Finding[]; problems: string[] } {
  const { findings, problems } = analyzer.analyze(text, config);
  const idle = findings.filter(({ code }) => code === 'NAN001').map(({ span }) => text.slice(span.start, span.end));
  return { idle, findings, problems: problems.map(({ message }) => message) };
}

function program(...lines: readonly string[]): string {
  return `import torch\n\n\ndef f(x):\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

/** What is left once each idle suppression is removed, one fix after the other. */
function mended(text: string): string {
  for (let left = text; ; ) {
    const idle = analyze(left).findings.find(({ code }) => code === 'NAN001');
    const edits = idle?.fixes[0]?.edits;
    if (!edits) return left;
    assert.equal(idle.fixes[0]?.safety, 'safe');
    left = applyEdits(left, edits);
  }
}

describe('a suppression', () => {
  it('that silences a finding is not idle', () => {
    for (const comment of ['# nanlens: ignore', '# nanlens: ignore[NAN101] why', '# nanlens: ignore[NAN1]']) {
      assert.deepEqual(analyze(program(`return ${HAZARD}  ${comment}`)).findings, [], comment);
      assert.deepEqual(analyze(program(comment, `return ${HAZARD}`)).findings, [], comment);
    }
    assert.deepEqual(analyze(`# nanlens: ignore-file[NAN101]\n${program(`return ${HAZARD}`)}`).findings, []);
  });

  it('that silences nothing is a hint, and its fix takes it away with its reason', () => {
    const { findings } = analyze(program('return x  # nanlens: ignore[NAN101] because', ''));
    assert.equal(findings.length, 1);
    assert.equal(findings[0]?.severity, 'hint');
    assert.match(findings[0]?.message ?? '', /^`# nanlens: ignore\[NAN101\]` silences nothing\./);
    const cases: readonly (readonly [before: string, after: string])[] = [
      ['return x  # nanlens: ignore[NAN101] because', 'return x'],
      ['return x  # nanlens: ignore', 'return x'],
      ['return x  # type: ignore  # nanlens: ignore[NAN101] why', 'return x  # type: ignore'],
      ['return x  # nanlens: ignore[NAN101] why # noqa: E501', 'return x  # noqa: E501'],
      ['return x  # nanlens: ignore[NAN101, NAN102]', 'return x'],
      [`return ${HAZARD}  # nanlens: ignore[NAN101, NAN102] why`, `return ${HAZARD}  # nanlens: ignore[NAN101] why`],
      [`return ${HAZARD}  # nanlens: ignore[NAN102 NAN101]`, `return ${HAZARD}  # nanlens: ignore[NAN101]`],
      [
        `return ${HAZARD}  # nanlens: ignore[NAN102, NAN101, NAN103, NAN104]`,
        `return ${HAZARD}  # nanlens: ignore[NAN101]`,
      ],
    ];
    for (const [before, after] of cases) assert.equal(mended(program(before)), program(after));
    assert.equal(mended(program('# nanlens: ignore[NAN101]', 'return x')), program('return x'));
    assert.equal(mended(`# nanlens: ignore-file[NAN101] why\r\nimport torch\r\n`), 'import torch\r\n');
    assert.equal(mended('\ufeff# nanlens: ignore-file\nimport torch\n'), '\ufeffimport torch\n');
    assert.equal(mended('x = 1  # nanlens: ignore'), 'x = 1');
  });

  it('is not judged where not everything was looked at', () => {
    const idle = program('return x  # nanlens: ignore[NAN101]');
    assert.deepEqual(analyze(idle).idle, ['# nanlens: ignore[NAN101]']);
    assert.deepEqual(analyze(`${idle}\n\ndef g(:\n`).idle, []);
    assert.deepEqual(analyze(idle, { ...CONFIG, ignore: ['NAN101'] }).idle, []);
    assert.deepEqual(analyze(idle, { ...CONFIG, severity: { NAN101: 'off' } }).idle, []);
    assert.deepEqual(analyze(idle, { ...CONFIG, ignore: ['NAN102'] }).idle, ['# nanlens: ignore[NAN101]']);
    const all = program('return x  # nanlens: ignore');
    assert.deepEqual(analyze(all).idle, ['# nanlens: ignore']);
    assert.deepEqual(analyze(all, { ...CONFIG, ignore: ['NAN102'] }).idle, []);
    const deepspeed = `import deepspeed\nCONFIG = "ds.json"\n${idle}`;
    assert.deepEqual(analyze(deepspeed).idle, []);
    assert.equal(analyze(deepspeed, { ...CONFIG, files: { 'ds.json': '{}' } }).idle.length, 1);
  });

  it('that silences what is not sure enough to be shown is not idle', () => {
    const possible = 'import torch\n\n\ndef f(x: torch.Tensor):\n    return torch.log(x)  # nanlens: ignore[NAN101]\n';
    assert.deepEqual(analyze(possible).findings, []);
  });

  it('of others is none of our business', () => {
    assert.deepEqual(analyze(program('return x  # noqa: NAN101')).findings, []);
    assert.deepEqual(analyze(program('return x  # noqa')).findings, []);
  });

  it('may be kept by naming NAN001, in its list, for the file, or in the configuration', () => {
    for (const list of ['NAN101, NAN001', 'unused-suppression, NAN101', 'NAN0']) {
      assert.deepEqual(analyze(program(`return x  # nanlens: ignore[${list}]`)).findings, [], list);
    }
    const idle = program('return x  # nanlens: ignore[NAN101]');
    assert.deepEqual(analyze(`# nanlens: ignore-file[NAN001]\n${idle}`).findings, []);
    assert.deepEqual(analyze(idle, { ...CONFIG, ignore: ['NAN001'] }).findings, []);
    assert.deepEqual(analyze(idle, { ...CONFIG, select: ['NAN1'] }).findings, []);
    assert.deepEqual(analyze(idle, { ...CONFIG, severity: { NAN001: 'warning' } }).findings[0]?.severity, 'warning');
  });

  it('that names no rule is told of', () => {
    const { problems, idle } = analyze(program(`return ${HAZARD}  # nanlens: ignore[NAN101, log-of-posible-zero]`));
    assert.deepEqual(idle, []);
    assert.deepEqual(problems, [
      'no rule is called "log-of-posible-zero" (did you mean "log-of-possible-zero"?), so it silences nothing',
    ]);
    assert.equal(analyze('x = 1  # nanlens: ignore[NAN101\n').problems.length, 1);
  });

  it('in a notebook is judged in its cell', () => {
    const cells = ['import torch', `y = ${HAZARD}  # nanlens: ignore[NAN101]`, 'z = 1  # nanlens: ignore[NAN102]'];
    const [, silenced, idle] = analyzer.analyzeNotebook(cells, CONFIG);
    assert.deepEqual(silenced?.findings, []);
    assert.deepEqual(idle?.findings[0]?.fixes[0]?.edits, [{ span: { start: 5, end: 32 }, text: '' }]);
    const unread = analyzer.analyzeNotebook([...cells, 'f(('], CONFIG);
    assert.deepEqual(unread[2]?.findings, []);
  });
});

it('the page of NAN001 shows what is found and what is not', () => {
  const { bad, good } = UNUSED_SUPPRESSION.docs;
  assert.deepEqual(
    analyze(bad).findings.map(({ code }) => code),
    ['NAN001'],
  );
  assert.deepEqual(analyze(good).findings, []);
});
