// The log grammar, run by VS Code's own tokenizer: what a reader looks for has a colour, and ordinary words have none.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { globSync } from 'tinyglobby';
import * as oniguruma from 'vscode-oniguruma';
import { type IGrammar, INITIAL, parseRawGrammar, Registry } from 'vscode-textmate';

const grammarPath = path.resolve('syntaxes/nanlog.tmLanguage.json');
const wasm = readFileSync(createRequire(path.resolve('package.json')).resolve('vscode-oniguruma/release/onig.wasm'));

async function load(): Promise<IGrammar> {
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(readFileSync(grammarPath, 'utf8'), grammarPath),
  });
  const grammar = await registry.loadGrammar('text.nanlog');
  assert.ok(grammar);
  return grammar;
}

const loaded = load();

/** The scope of each piece of a line, its innermost one. */
async function scopes(line: string): Promise<[string, string][]> {
  const { tokens } = (await loaded).tokenizeLine(line, INITIAL);
  return tokens.map(({ startIndex, endIndex, scopes: all }) => [line.slice(startIndex, endIndex), all.at(-1) ?? '']);
}

async function scopeOf(line: string, text: string): Promise<string> {
  const found = (await scopes(line)).find(([piece]) => piece === text);
  return found?.[1] ?? `no token ${text} in ${JSON.stringify(await scopes(line))}`;
}

const operation = 'entity.name.function.operation.nanlog';
const nonFinite = 'invalid.illegal.non-finite.nanlog';

const expected: readonly [string, string, string][] = [
  [
    "RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
    'RuntimeError',
    'entity.name.type.exception.nanlog',
  ],
  ["RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.", 'LogBackward0', operation],
  ["[rank1]: RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.", 'LogBackward0', operation],
  [
    "[rank1]: RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
    '1',
    'constant.numeric.rank.nanlog',
  ],
  [
    '/a/graph.py:979: UserWarning: Error detected in PowBackward0. Traceback of forward call that caused the error:',
    'UserWarning',
    'markup.changed.warning.nanlog',
  ],
  [
    '/a/graph.py:979: UserWarning: Error detected in PowBackward0. Traceback of forward call that caused the error:',
    'PowBackward0',
    operation,
  ],
  [
    'Previous calculation was induced by LogCoshBackward. Traceback of forward call that induced the previous calculation:',
    'LogCoshBackward',
    operation,
  ],
  ['  File "/home/ada/train.py", line 40, in main', '"/home/ada/train.py"', 'string.quoted.double.path.nanlog'],
  ['  File "/home/ada/train.py", line 40, in main', '40', 'constant.numeric.line.nanlog'],
  ['  File "/home/ada/train.py", line 40, in main', 'main', 'entity.name.function.nanlog'],
  [
    '  File "/v/lib/python3.11/site-packages/torch/_tensor.py", line 623, in backward',
    '623',
    'comment.line.number.nanlog',
  ],
  ['Cell In[3], line 8', '8', 'constant.numeric.line.nanlog'],
  ['----> 8 loss.backward()', '---->', 'markup.error.arrow.nanlog'],
  ['Traceback (most recent call last):', 'Traceback (most recent call last):', 'keyword.control.traceback.nanlog'],
  [
    ' (Triggered internally at /a/python_anomaly_mode.cpp:122.)',
    ' (Triggered internally at /a/python_anomaly_mode.cpp:122.)',
    'comment.line.origin.nanlog',
  ],
  ['    ^^^^~~~', '    ^^^^~~~', 'comment.line.marker.nanlog'],
  [
    '2026-11-22 15:36:43.763 | INFO     | a:b:51 - iter=1 loss=0.05',
    '2026-11-22 15:36:43.763',
    'comment.line.timestamp.nanlog',
  ],
  ['2026-11-22 15:36:43.763 | ERROR    | a:b:51 - failed', 'ERROR', 'invalid.illegal.level.error.nanlog'],
  ['step 3 loss nan', 'nan', nonFinite],
  ['step 3 loss nan', '3', 'constant.numeric.step.nanlog'],
  ["{'loss': '0', 'grad_norm': 'nan'}", 'nan', nonFinite],
  ['loss=-inf', '-inf', nonFinite],
  ['max 2.2e21, NaN', 'NaN', nonFinite],
  ['loss=0.25', 'loss', 'variable.other.metric.nanlog'],
  ['loss=0.25', '0.25', 'constant.numeric.nanlog'],
  ['Root Cause (first observed failure):', 'Root Cause (first observed failure):', 'markup.heading.root-cause.nanlog'],
];

test('what a reader looks for', async () => {
  for (const [line, text, scope] of expected) assert.equal(await scopeOf(line, text), scope, line);
});

test('letters of other words are no value', async () => {
  for (const line of [
    'nano-banana-inference',
    'INFO: info on; inf_nan_filter=True',
    'isnan=False',
    'nan-check',
    'x.inf',
    './models/nan/',
  ])
    for (const [, scope] of await scopes(line)) assert.notEqual(scope, nonFinite, line);
});

test('every line of every recorded log is tokenized at once, whole, and names its operation', async () => {
  const logs = globSync('test/dumps/torch-anomaly/*/input.log').filter((file) => !file.includes('utf16'));
  assert.ok(logs.length > 15);
  const grammar = await loaded;
  for (const file of logs) {
    let operations = 0;
    for (const line of readFileSync(file, 'utf8').split(/\r\n|[\r\n]/)) {
      const { tokens, ruleStack } = grammar.tokenizeLine(line, INITIAL);
      assert.equal(tokens.at(-1)?.endIndex ?? 0, Math.max(line.length, tokens.at(-1)?.endIndex ?? 0));
      // No state is carried over: a cut log or a bar in between colours nothing below it.
      assert.ok(ruleStack.equals(INITIAL) || ruleStack.depth === 1, line);
      operations += tokens.filter(({ scopes: all }) => all.at(-1) === operation).length;
    }
    assert.ok(operations > 0, file);
  }
});
