// A file is checked from its bytes: decoded as Python does, notebooks by their cells, each finding in lines and columns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CONFIG } from '../../../src/analyzer/finding';
import { checkFile } from '../../../src/extension/engine/check-file';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';

const loss = 'import torch\np = torch.softmax(torch.randn(3), 0)\nq = torch.log(p)\n';

async function check(bytes: Uint8Array, isNotebook = false, files?: Readonly<Record<string, string>>) {
  const analyzer = await freshAnalyzer();
  const config = files ? { ...DEFAULT_CONFIG, files } : DEFAULT_CONFIG;
  return checkFile({ kind: 'checkFile', bytes, isNotebook, config }, (program, configuration) =>
    program.isNotebook
      ? analyzer.analyzeNotebook(program.cells, configuration)
      : program.cells.map((text) => analyzer.analyze(text, configuration)),
  );
}

test('a file with a byte order mark or another encoding has its findings where an editor shows them', async () => {
  const marked = new TextEncoder().encode(`\ufeff${loss}`);
  const latin = Buffer.from(`# -*- coding: latin-1 -*-\n${loss.replace('q =', 'é =')}`, 'latin1');
  for (const [bytes, line] of [
    [marked, 2],
    [latin, 3],
  ] as const) {
    const reply = await check(bytes);
    assert.equal(reply.kind, 'checked');
    if (reply.kind !== 'checked') return;
    assert.deepEqual(
      reply.findings.map(({ code, cell }) => [code, cell]),
      [['NAN101', undefined]],
    );
    const [finding] = reply.findings;
    assert.deepEqual(finding?.place, { start: { line, column: 4 }, end: { line, column: 16 } });
    assert.deepEqual(finding?.placeInFile, finding?.place);
    assert.equal(finding?.isFixable, true);
  }
});

test('a notebook tells the cell, the place in it, and the place in the file', async () => {
  const [first, ...rest] = loss.split(/(?<=\n)/);
  const cells = [
    { cell_type: 'markdown', metadata: {}, source: 'text' },
    { cell_type: 'code', metadata: {}, source: [first, rest[0]], outputs: [] },
    { cell_type: 'code', metadata: {}, source: ['# "é"\n', rest[1]], outputs: [] },
  ];
  const text = JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1);
  const reply = await check(new TextEncoder().encode(text), true);
  assert.equal(reply.kind, 'checked');
  const [finding] = reply.kind === 'checked' ? reply.findings : [];
  assert.deepEqual([finding?.cell, finding?.place.start], [3, { line: 1, column: 4 }]);
  const { start, end } = finding?.placeInFile ?? {};
  assert.equal(text.split('\n')[start?.line ?? 0]?.slice(start?.column, end?.column), 'torch.log(p)');
});

test('what cannot be checked is said in words', async () => {
  assert.deepEqual(await check(Uint8Array.of(0x78, 0xff, 0x0a)), {
    kind: 'failed',
    message:
      'is not valid UTF-8 (line 1); save it as UTF-8, or declare its encoding in the first line: # -*- coding: latin-1 -*-',
  });
  const reply = await check(new TextEncoder().encode('{"cells": ['), true);
  assert.match(reply.kind === 'failed' ? reply.message : '', /not valid JSON/);
  const julia = JSON.stringify({ cells: [], metadata: { kernelspec: { language: 'julia' } }, nbformat: 4 });
  assert.deepEqual(await check(new TextEncoder().encode(julia), true), { kind: 'skipped' });
});

test('a program that names a configuration is asked about again with its text', async () => {
  const script = 'import deepspeed\nengine, *_ = deepspeed.initialize(model=m, config="ds.json")\n';
  const bytes = new TextEncoder().encode(script);
  assert.deepEqual(await check(bytes), { kind: 'needsFiles', cells: [script] });
  assert.equal((await check(bytes, false, {})).kind, 'checked');
});
