// What the page gets is bounded, survives JSON, and shows the blamed frame, whatever a dump holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSource } from '../../../src/dump/byte-source';
import type { Anomaly, Frame, ReadResult, TensorStats } from '../../../src/dump/model';
import { dumpAsMarkdown } from '../../../src/extension/features/dump-viewer/markdown';
import { clip } from '../../../src/extension/features/dump-viewer/shown-text';
import { readTextExcerpt } from '../../../src/extension/features/dump-viewer/text-excerpt';
import { buildViewModel, limits } from '../../../src/extension/features/dump-viewer/view-model';
import { fromWire, toWire } from '../../../src/protocol/wire-number';

const stats: TensorStats = {
  name: 'x',
  shape: [2],
  dtype: 'float16',
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  mean: Number.NaN,
  absMin: 0,
  absMax: 65504,
  nan: 1,
  posInf: 1,
  negInf: 0,
};

function anomaly(over: Partial<Anomaly> = {}): Anomaly {
  return {
    kind: 'nan-backward',
    value: 'nan',
    role: 'first',
    op: 'LogBackward0',
    outputIndex: 0,
    module: null,
    param: null,
    metric: null,
    step: 1,
    epoch: null,
    batch: null,
    rank: null,
    source: null,
    frames: [],
    message: 'm',
    stats: [stats],
    rules: [],
    span: null,
    ...over,
  };
}

function result(anomalies: readonly Anomaly[], over: Partial<ReadResult['dump']> = {}): ReadResult {
  return {
    dump: {
      format: 'torch-anomaly',
      framework: 'pytorch',
      verdict: { sentence: 'It broke.', confidence: 'certain' },
      anomalies,
      series: [],
      ...over,
    },
    problems: [],
  };
}

function frame(path: string, line: number, over: Partial<Frame> = {}): Frame {
  return { path, line, function: 'f', text: `line ${line}`, isUser: true, ...over };
}

test('numbers that JSON cannot carry come back as they were', () => {
  for (const value of [0, -1.5, 1e308, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.ok(Object.is(fromWire(JSON.parse(JSON.stringify(toWire(value)))), value));
  }
});

test('a view is the same after JSON: nothing in it needs more than plain data', () => {
  const values = [1, Number.NaN, Number.POSITIVE_INFINITY, 2];
  const { view } = buildViewModel(
    'a.log',
    result([anomaly()], { series: [{ name: 'loss', steps: [1, 2, 3, 4], values }] }),
  );
  assert.deepEqual(JSON.parse(JSON.stringify(view)), view);
  assert.equal(view.anomalies[0]?.stats[0]?.mean, 'NaN');
});

test('the blamed frame is marked, and added where the stack does not hold it', () => {
  const source = { path: 'losses.py', line: 4, function: 'g', text: 'x.log()' };
  const among = buildViewModel('a', result([anomaly({ source, frames: [frame('t.py', 1), frame('losses.py', 4)] })]));
  assert.equal(among.view.anomalies[0]?.blamed, 1);
  const added = buildViewModel('a', result([anomaly({ source, frames: [frame('t.py', 1)] })])).view.anomalies[0];
  assert.equal(added?.blamed, 1);
  assert.deepEqual(added?.frames[1]?.excerpt, { firstLine: 4, lines: ['x.log()'], marked: { first: 4, last: 4 } });
});

test('an excerpt of any size is cut around its line', () => {
  const excerpt = { firstLine: 1, lines: Array.from({ length: 5000 }, (_, i) => `l${i + 1}`) };
  const one = frame('a.py', 3000, { excerpt });
  const { view } = buildViewModel('a', result([anomaly({ frames: [one] })]));
  const shown = view.anomalies[0]?.frames[0]?.excerpt;
  assert.ok(shown && shown.lines.length <= limits.excerptLines);
  assert.equal(shown.lines[3000 - shown.firstLine], 'l3000');
});

test('a dump of any size gives a view of bounded size, and says what it leaves out', () => {
  const long = 'x'.repeat(100_000);
  const many = Array.from({ length: 2000 }, () => anomaly({ message: long, op: long }));
  const deep = anomaly({ frames: Array.from({ length: 5000 }, (_, i) => frame(long, i + 1, { text: long })) });
  const series = Array.from({ length: 500 }, (_, i) => ({ name: `s${i}`, steps: [1], values: [1] }));
  const problems = Array.from({ length: 5000 }, () => ({ message: long, line: 1 }));
  const { view } = buildViewModel(long, { ...result([deep, ...many], { series }), problems });
  assert.equal(view.anomalies.length + view.anomaliesLeftOut, 2001);
  assert.equal((view.anomalies[0]?.frames.length ?? 0) + (view.anomalies[0]?.framesLeftOut ?? 0), 5000);
  assert.equal(view.series.length + view.seriesLeftOut, 500);
  assert.equal(view.problems.length + view.problemsLeftOut, 5000);
  assert.ok(JSON.stringify(view).length < 5_000_000);
});

test('losses come first, then gradients, what broke, the loss scale and the learning rate', () => {
  const one = (name: string, value = 1) => ({ name, steps: [1, 2], values: [1, value] });
  const series = [
    { name: 'final_loss', steps: [9], values: [1] },
    one('lr'),
    one('accuracy', Number.NaN),
    one('grad_norm'),
    one('loss_scale'),
    one('train_loss'),
    one('loss'),
  ];
  const { view } = buildViewModel('a', result([], { series }));
  assert.deepEqual(
    view.series.map(({ name }) => name),
    ['loss', 'train_loss', 'grad_norm', 'accuracy', 'loss_scale', 'lr', 'final_loss'],
  );
});

test('cut text stays well-formed, and marks that reorder text are spelt out', () => {
  for (let limit = 2; limit < 8; limit++) {
    const cut = clip('a😀b😀c', limit);
    assert.ok(cut.length <= limit && !/\p{Surrogate}/u.test(cut), cut);
  }
  assert.equal(clip('if \u202eok\ud800', 100), 'if ⟨U+202E⟩ok⟨U+D800⟩');
  assert.equal(clip('tab\tand\nline', 100), 'tab\tand\nline');
});

test('the blamed lines come with some around them, without colours, whatever the encoding and the bars between', async () => {
  const lines = [
    'one',
    'two',
    '\x1b[31mthree\x1b[0m',
    ' 10%|#\r 20%|##\r 30%|###',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
  ];
  const text = lines.join('\r\n');
  const utf16 = new Uint8Array(2 + 2 * text.length);
  utf16.set([0xff, 0xfe]);
  for (let i = 0; i < text.length; i++) utf16.set([text.charCodeAt(i) & 0xff, text.charCodeAt(i) >> 8], 2 + 2 * i);
  for (const bytes of [new TextEncoder().encode(text), utf16]) {
    const source = bytesSource('run.log', bytes);
    const excerpt = await readTextExcerpt(source, { firstLine: 4, lastLine: 5 }, new AbortController().signal);
    assert.deepEqual(excerpt, {
      firstLine: 1,
      lines: ['one', 'two', 'three', ' 10%|# ⏎  20%|## ⏎  30%|###', 'five', 'six', 'seven', 'eight'],
      marked: { first: 4, last: 5 },
    });
    assert.equal(await readTextExcerpt(source, { firstLine: 50, lastLine: 51 }, new AbortController().signal), null);
  }
});

test('Markdown of a dump holds no markup of its own', () => {
  const evil = '`](http://evil) <img src=x> @octocat #1 **bold** www.evil.org ```\n# title';
  const source = { path: evil, line: 1, function: evil, text: evil };
  const dump = result([anomaly({ op: evil, message: evil, source })], {
    verdict: { sentence: evil, confidence: 'unknown' },
    series: [{ name: evil, steps: [1, 2, 3], values: [2, 1, Number.NaN] }],
  });
  const text = dumpAsMarkdown(buildViewModel(evil, dump).view);
  const outsideOfCode = withoutCode(text);
  for (const mark of ['<img', '@octocat', '](', 'http://', 'www.evil', '\n# ', '#1']) {
    assert.ok(!outsideOfCode.includes(mark), `${mark} in:\n${outsideOfCode}`);
  }
});

test('Markdown tells the verdict, the line with its mark, and the readings before the NaN', () => {
  const lines = ['def f(p):', '    return p.log()'];
  const source = { path: 'losses.py', line: 2, function: 'f', text: 'return p.log()' };
  const frames = [
    frame('train.py', 9, { function: 'main' }),
    frame('losses.py', 2, { excerpt: { firstLine: 1, lines } }),
  ];
  const steps = [1, 2, 3, 4, 5];
  const series = [{ name: 'loss', steps, values: [5, 4, 3, 2, Number.NaN] }];
  const dump = result([anomaly({ source, frames, step: 5 })], {
    series,
    verdict: { sentence: 'Step 5: `log` broke at losses.py:2.', confidence: 'likely' },
  });
  const text = dumpAsMarkdown(buildViewModel('run.log', dump).view);
  assert.ok(text.startsWith('**Step 5: `log` broke at losses.py:2.**\n'), text);
  assert.match(text, /> 2 \| {5}return p\.log\(\)/);
  assert.match(text, /`loss` by step: 2: 4, 3: 3, 4: 2, \*\*5: NaN\*\*/);
  assert.match(text, /Called from:\n- `train\.py:9` in `main`/);
});

/** The text without fenced and inline code, as CommonMark pairs backticks. */
function withoutCode(markdown: string): string {
  const fences = markdown.replace(/^(`{3,})[^`\n]*\n[\s\S]*?^\1$/gm, '');
  return fences.replace(/\\`/g, '').replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
}
