// Baselines: findings are known by what they flag, wherever it moves, and never hide what has changed.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import { entriesOf } from '../../../src/analyzer/baseline';
import { type BaselineEntry, DEFAULT_CONFIG } from '../../../src/analyzer/finding';
import { baselinePath, formatBaseline, parseBaseline } from '../../../src/project/baseline';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';

let analyzer: Analyzer;

before(async () => {
  analyzer = await freshAnalyzer();
});

const ENTROPY = 'import torch\n\n\ndef f(x):\n    p = torch.softmax(x, dim=-1)\n    return (p * torch.log(p)).sum()\n';

function known(text: string): BaselineEntry[] {
  return entriesOf(analyzer.analyze(text, DEFAULT_CONFIG).findings);
}

/** Codes of what is left of a text's findings, given those of another. */
function left(text: string, baseline: readonly BaselineEntry[]): string[] {
  return analyzer.analyze(text, { ...DEFAULT_CONFIG, baseline }).findings.map(({ code }) => code);
}

describe('a baseline', () => {
  it('knows a finding wherever its statement moves, however it is wrapped', () => {
    const baseline = known(ENTROPY);
    assert.deepEqual(baseline, [{ code: 'NAN101', text: 'return(p * torch.log(p)).sum()', count: 1 }]);
    assert.deepEqual(left(ENTROPY, []), ['NAN101']);
    assert.deepEqual(left(ENTROPY, baseline), []);
    assert.deepEqual(left(`# more\n\nimport os\n${ENTROPY}`, baseline), []);
    const wrapped = ENTROPY.replace(
      '(p * torch.log(p)).sum()',
      '(\n        p * torch.log(\n            p\n        )\n    ).sum()',
    );
    assert.notEqual(wrapped, ENTROPY);
    assert.deepEqual(left(wrapped, baseline), []);
  });

  it('does not hide what has changed, or what there is more of', () => {
    const baseline = known(ENTROPY);
    assert.deepEqual(left(ENTROPY.replace('(p * torch.log(p))', '(q * torch.log(p))'), baseline), ['NAN101']);
    assert.deepEqual(left(ENTROPY + ENTROPY.replace('f(x)', 'g(x)'), baseline), ['NAN101']);
    assert.deepEqual(left(ENTROPY + ENTROPY.replace('f(x)', 'g(x)'), known(ENTROPY + ENTROPY)), []);
    assert.deepEqual(left(ENTROPY, [{ code: 'NAN102', text: baseline[0]?.text ?? '', count: 9 }]), ['NAN101']);
    const long = (end: string): string => ENTROPY.replace('.sum()', `.sum() + sum([${'1, '.repeat(200)}${end}])`);
    assert.deepEqual(left(long('1'), known(long('1'))), []);
    assert.deepEqual(left(long('2'), known(long('1'))), ['NAN101']);
  });

  it('knows the findings of a notebook whatever the order of its cells', () => {
    const cells = ['import torch', 'p = torch.softmax(x, 0)', 'a = torch.log(p)', 'b = 1'];
    const found = analyzer.analyzeNotebook(cells, DEFAULT_CONFIG).flatMap(({ findings }) => findings);
    const baseline = entriesOf(found);
    assert.equal(baseline[0]?.text, 'a = torch.log(p)');
    const moved = analyzer.analyzeNotebook(['import torch', 'b = 1', ...cells.slice(1, 3)], {
      ...DEFAULT_CONFIG,
      baseline,
    });
    assert.deepEqual(
      moved.flatMap(({ findings }) => findings),
      [],
    );
  });
});

describe('the file', () => {
  const entries: readonly BaselineEntry[] = [
    { code: 'NAN101', text: 'x = "ä\\n"', count: 2 },
    { code: 'NAN405', text: 'loss.backward()', count: 1 },
  ];

  it('is sorted, reads one line a finding, and is read as it was written', () => {
    const baseline = new Map([
      ['src/b.py', entries],
      ['__proto__', entries],
      ['a.py', entries.slice(0, 1)],
      ['none.py', []],
    ]);
    const text = formatBaseline(baseline);
    assert.equal(text.split('\n').length, 17);
    const read = parseBaseline(text);
    assert.ok(typeof read !== 'string');
    assert.deepEqual([...read.keys()], ['__proto__', 'a.py', 'src/b.py']);
    assert.equal(formatBaseline(read), text);
    assert.equal(formatBaseline(new Map()), '{\n  "version": 1,\n  "findings": {}\n}\n');
  });

  it('that is none is told of in words, whatever it holds', () => {
    for (const [text, words] of [
      ['', /^is no valid JSON/],
      ['[]', /^is no baseline of NaN Lens/],
      ['{"version": 1}', /^is no baseline/],
      ['{"version": 2, "findings": {}}', /^has version 2, .* reads version 1/],
      ['{"version": 1, "findings": {"a.py": {}}}', /under "a.py"/],
      ['{"version": 1, "findings": {"a.py": [{"code": "NAN1", "text": "x", "count": -1}]}}', /under "a.py"/],
    ] as const) {
      const read = parseBaseline(text);
      assert.match(typeof read === 'string' ? read : '', words);
    }
    const text = formatBaseline(new Map([['a.py', entries]]));
    for (let end = 0; end < text.length - 1; end++) assert.equal(typeof parseBaseline(text.slice(0, end)), 'string');
  });

  it('names files by their way from its folder', () => {
    assert.equal(baselinePath('/p', '/p/src/a.py'), 'src/a.py');
    assert.equal(baselinePath('/p/ci', '/p/src/a.py'), '../src/a.py');
    assert.equal(baselinePath('/', '/a.py'), 'a.py');
    assert.equal(baselinePath('C:/p', 'C:/p/a.py'), 'a.py');
  });
});
