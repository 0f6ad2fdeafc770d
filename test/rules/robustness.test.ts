// Whatever the input is, the facade gives an answer or says in words why not, and soon.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { Analyzer } from '../../src/analyzer/analyzer';
import { type AnalysisConfig, DEFAULT_CONFIG } from '../../src/analyzer/finding';
import { RULES } from '../../src/rules/index.generated';
import { processorTime } from '../harness/processor-time';
import { readFixtures } from './harness/markdown';
import { freshAnalyzer } from './harness/python-analyzer';

const CONFIG: AnalysisConfig = { ...DEFAULT_CONFIG, select: ['ALL'], minConfidence: 'possible' };
const LIMIT_MS = 10_000;

const STEP = `def step(model, x):
    p = torch.softmax(model(x), dim=1)
    return torch.log(p)

`;

/** A small generator of repeatable pseudo-random integers below `limit`. */
function randomIntegers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % limit;
  };
}

function garbage(seed: number, length: number): string {
  const next = randomIntegers(seed);
  return Array.from({ length }, () => String.fromCharCode(next(2) ? 32 + next(95) : next(0x10000))).join('');
}

/** Python's own words in no order: closer to programs than noise is. */
function wordSalad(seed: number, length: number): string {
  const words = [
    'def',
    'class',
    'f',
    '(',
    ')',
    '[',
    ']',
    ':',
    '\n',
    '\n    ',
    '=',
    'torch',
    '.',
    'log',
    '"""',
    "'",
    '#',
    ',',
  ];
  const more = [
    'return',
    'for',
    'in',
    'if',
    'else',
    'lambda',
    'with',
    'as',
    'import',
    'from',
    '**',
    '-',
    '@',
    '\\',
    'f"{',
    '}"',
  ];
  const all = [...words, ...more];
  const next = randomIntegers(seed);
  return Array.from({ length }, () => all[next(all.length)]).join(' ');
}

const INPUTS: Readonly<Record<string, string>> = {
  'an empty file': '',
  'white space': ' \t\f\n\r\n\r  ',
  'a byte order mark alone': '\uFEFF',
  'NUL bytes': `import torch\0\n\0x = torch.log(\0p)\n${'\0'.repeat(1000)}`,
  'lone surrogates': `import torch\nx = "\uD800" + '\uDFFF'\n\uD83D = torch.log(p)\n`,
  'Python 2':
    'import torch\nprint "loss", loss\nexec "x = 1"\nraise ValueError, "no"\nprint >>f, x\ntry:\n    pass\nexcept E, e:\n    pass\n',
  'a diff': 'diff --git a/x b/x\n@@ -1,2 +1,2 @@\n-import torch\n+import jax\n',
  'JSON of a notebook': `{"cells": [${'{"source": ["import torch\\n"]},'.repeat(500)}]}`,
  'an open bracket of 100,000': `import torch\nx = ${'('.repeat(100_000)}`,
  'a sum of 20,000 terms': `import torch\nx = ${'torch.log(p) + '.repeat(20_000)}1\n`,
  'nested calls': `import torch\nx = ${'torch.log('.repeat(3000)}p${')'.repeat(3000)}\n`,
  'nested blocks': `import torch\n${Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}if x:\n`).join('')}${' '.repeat(300)}torch.log(p)\n`,
  'an elif chain of 2,000': `import torch\nif a:\n    p = torch.relu(x)\n${'elif b:\n    p = torch.log(p)\n'.repeat(2000)}`,
  'a method chain of 5,000': `import torch\nx = p${'.abs()'.repeat(5000)}.log()\n`,
  'a string that never ends': `import torch\nx = """${'torch.log(p)\n'.repeat(5000)}`,
  'functions that call each other in a circle': `import torch\n${Array.from({ length: 200 }, (_, i) => `def f${i}(x):\n    return torch.log(f${(i + 1) % 200}(x) + f${(i + 7) % 200}(x))\n\n`).join('')}`,
  'branches that multiply': `import torch\ndef f(p, a):\n${'    if a: p = torch.relu(p)\n    else: p = p + 1e-6\n'.repeat(400)}    return torch.log(p)\n`,
  'nested loops': `import torch\ndef f(p):\n${Array.from({ length: 40 }, (_, i) => `${'    '.repeat(i + 1)}for i${i} in range(3):\n`).join('')}${'    '.repeat(41)}p = p * torch.sigmoid(p)\n    return torch.log(p)\n`,
  'a function of 5,000 lines': `import torch\ndef f(p):\n${'    p = torch.softmax(p, dim=-1) * p\n'.repeat(5000)}    return torch.log(p)\n`,
  'a megabyte of functions': `import torch\n\n${STEP.repeat(Math.ceil(1e6 / STEP.length))}`,
  'five megabytes': `import torch\n\n${STEP.repeat(Math.ceil(5e6 / STEP.length))}`,
  'one line of a megabyte': `x = [${'0.123456, '.repeat(100_000)}]\n`,
};

let analyzer: Analyzer;

before(async () => {
  analyzer = await freshAnalyzer();
});

function analyse(text: string): void {
  const elapsed = processorTime();
  const { findings, problems } = analyzer.analyze(text, CONFIG);
  const took = elapsed();
  assert.ok(took < LIMIT_MS, `took ${Math.round(took)} ms of the processor`);
  for (const { message } of problems) assert.doesNotMatch(message, /the analysis failed/);
  for (const { span } of findings) assert.ok(span.start >= 0 && span.start < span.end && span.end <= text.length);
}

describe('robustness', () => {
  for (const [what, text] of Object.entries(INPUTS)) test(what, () => analyse(text));

  test('garbage', () => {
    for (let seed = 1; seed <= 20; seed++) analyse(garbage(seed, 2000));
  });

  test('word salad', () => {
    for (let seed = 1; seed <= 60; seed++) analyse(`import torch\n${wordSalad(seed, 400)}`);
  });

  test('a file too large says so', () => {
    const { findings, problems } = analyzer.analyze(`import torch\n${STEP.repeat(60_000)}`, CONFIG);
    assert.equal(findings.length, 0);
    assert.match(problems[0]?.message ?? '', /million/);
  });

  test('an error in each function silences that function and no other', () => {
    const broken = STEP.replace('return torch.log(p)', 'return torch.log(p');
    const { findings } = analyzer.analyze(`import torch\n\n${broken}${STEP}${broken}${STEP}`, CONFIG);
    assert.equal(findings.filter(({ code }) => code === 'NAN101').length, 2);
  });
});

describe('what is kept of a segment', () => {
  for (const { code } of RULES) {
    test(`does not grow with edits elsewhere: ${code}`, () => {
      const file = path.resolve('test/rules', `${code}.md`);
      for (const { source } of readFixtures(file, readFileSync(file, 'utf8'))) {
        const sizes = [1, 2, 3].map((edit) => {
          const text = `${source}\n\ncount = ${edit}\n`;
          analyzer.analyze(text, CONFIG);
          // The last one is the edit's own.
          return analyzer
            .modelFor(text)
            .analyses.slice(0, -1)
            .map(({ derived }) => derived.size);
        });
        for (const each of sizes) assert.deepEqual(each, sizes[0], source);
      }
    });
  }
});
