// The batch and the processes of a recorded step as the page gets them, and all of it as Markdown.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { bytesSource } from '../../../src/dump/byte-source';
import type { Anomaly, ReadResult, Recording } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';
import { mergeRanks } from '../../../src/dump/ranks';
import { dumpAsMarkdown } from '../../../src/extension/features/dump-viewer/markdown';
import { joinNeighbours, rankRows, recordingView } from '../../../src/extension/features/dump-viewer/recording-view';
import { buildViewModel } from '../../../src/extension/features/dump-viewer/view-model';

const example = (name: string): string => path.join(process.cwd(), 'examples/runs', `${name}.nandump.json`);

async function read(file: string): Promise<ReadResult> {
  return openDump(bytesSource(path.basename(file), readFileSync(file)), new AbortController().signal);
}

function recording(over: Partial<Recording> = {}): Recording {
  return {
    schemaVersion: 1,
    run: {
      id: null,
      startedAt: null,
      script: null,
      python: null,
      frameworkVersion: null,
      device: null,
      worldSize: null,
    },
    batch: null,
    fidelity: null,
    ranks: [],
    tensorsFile: null,
    ...over,
  };
}

test('neighbouring rows are one range, whatever their order', () => {
  assert.deepEqual(joinNeighbours([7, 3, 4, 5, 4, 9]), [
    { first: 3, last: 5 },
    { first: 7, last: 7 },
    { first: 9, last: 9 },
  ]);
  assert.deepEqual(joinNeighbours([]), []);
});

test('the samples of the bad rows are told, or all where no row is blamed', () => {
  const batch = { index: 4, badRows: [2, 0, 9], sampleIndices: [50, 51, 52], tensors: [] };
  const samples = (rows: readonly number[]) =>
    recordingView(recording({ batch: { ...batch, badRows: rows } })).batch?.samples;
  assert.deepEqual(samples([2, 0, 9]), [
    { row: 0, sample: 50, isBad: true },
    { row: 2, sample: 52, isBad: true },
  ]);
  assert.equal(samples([])?.length, 3);
  const many = recordingView(
    recording({ batch: { ...batch, badRows: [], sampleIndices: Array.from({ length: 90_000 }, (_, i) => i) } }),
  ).batch;
  assert.equal((many?.samples.length ?? 0) + (many?.samplesLeftOut ?? 0), 90_000);
  assert.ok((many?.samples.length ?? 0) <= 1000);
});

test('processes are told only where there are several; what a dump and its events say is joined', () => {
  const event = (rank: number, over: Partial<Anomaly>): Anomaly =>
    ({ kind: 'loss-nan', role: 'consequence', rank, op: null, step: 4, source: null, ...over }) as Anomaly;
  assert.deepEqual(rankRows({ anomalies: [event(0, {}), event(0, {})] }), []);
  const rows = rankRows({
    anomalies: [
      event(3, {
        role: 'first',
        kind: 'nan-forward',
        op: 'log',
        source: { path: '/a/m.py', line: 7, function: null, text: null },
      }),
      event(0, {}),
    ],
    recording: recording({ ranks: [{ rank: 1, role: 'secondary', step: 5 }] }),
  });
  assert.deepEqual(
    rows.map(({ rank, role, place, step }) => [rank, role, place, step]),
    [
      [3, 'first', 'm.py:7', 4],
      [0, 'consequence', null, 4],
      [1, 'secondary', null, 5],
    ],
  );
});

test('Markdown of a recorded step shows the table around the first bad row, the batch and the processes', async () => {
  const transfer = buildViewModel('a.nandump.json', await read(example('transfer_learning.step-233.rank-0')));
  const text = dumpAsMarkdown(transfer.view);
  assert.match(text, /Operations around the first bad one \(row 9 of 69\)/);
  assert.match(
    text,
    /\| \*\*9\*\* \| `aten::addmm` \| .* \| `transfer_learning\.py:27` \| .* \| \*\*Inf\*\*.*`float32 \[64, 64\]` \|/,
  );
  assert.match(text, /- Bad rows of the batch: 0–25, 27–63/);
  assert.match(text, /- Their samples in the data set: 2986, 1703, .*, …/);
  assert.match(text, /- Replayed: the loss has the same bits/);
  const ranks = [0, 1].map((rank) => example(`ddp_keyword_spotting.step-4.rank-${rank}`));
  const dumps = await Promise.all(ranks.map(async (file) => ({ path: file, result: await read(file) })));
  const merged = dumpAsMarkdown(buildViewModel('b', mergeRanks(dumps).result).view);
  assert.match(merged, /- Rank 1: first, `inf-forward`, `aten::log`, `ddp_keyword_spotting\.py:23`, step 4/);
});

test('nothing in a table of Markdown ends its cell or its code', async () => {
  const result = await read(example('transfer_learning.step-233.rank-0'));
  const evil = 'a|b`c\n| x | @someone <b>';
  const entries = result.dump.operations?.entries.map((entry) => ({ ...entry, name: evil, module: evil })) ?? [];
  const operations = { order: 'execution', entries, total: entries.length } as const;
  const text = dumpAsMarkdown(buildViewModel('a', { ...result, dump: { ...result.dump, operations } }).view);
  const rows = text.split('\n').filter((line) => /^\| (?:\*\*)?\d/.test(line));
  assert.ok(rows.length > 3);
  for (const row of rows) assert.equal(row.match(/(?<!\\)\|/g)?.length, 7, row);
});
