// The recorder that was added by us runs: in scripts of every kind it names the line that breaks them, and it comes out.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { globSync } from 'tinyglobby';
import { Analyzer } from '../../src/analyzer/analyzer';
import { removeRecorder } from '../../src/analyzer/recorder/remove';
import { bytesSource } from '../../src/dump/byte-source';
import type { Dump } from '../../src/dump/model';
import { openDump } from '../../src/dump/open';
import { mergeByStep, type NamedDump } from '../../src/dump/ranks';
import { applyEdits } from '../../src/text/edit';
import { python } from '../proofs/python-runs';
import { binaries } from '../unit/syntax/python-parser';

const SCRIPTS = 'test/recorder/insertion';
const EXAMPLES = 'examples';
/** Examples whose run ends in a loss or gradient that is not finite; `ddp_…` needs several processes. */
const FAILING_EXAMPLES = [
  'bernoulli_vae',
  'causal_transformer',
  'char_rnn',
  'fine_tuned_classifier',
  'focal_loss',
  'metric_learning',
  'transfer_learning',
  'usual_culprits',
];
const TIME_LIMIT = 240_000;

interface Run {
  readonly status: number;
  readonly output: string;
  readonly dump: Dump | undefined;
  /** The script as it ran. */
  readonly text: string;
}

let analyzer: Analyzer;
let folder: string;
before(async () => {
  analyzer = await Analyzer.create(binaries);
  folder = mkdtempSync(path.join(tmpdir(), 'nanlens-insertion-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Adds the recorder to a copy of the script, runs it, and reads what it left: one dump, whatever the number of processes. */
async function recordedRun(home: string, name: string, launcher: readonly string[] = []): Promise<Run> {
  const place = path.join(folder, name);
  mkdirSync(place);
  const original = readFileSync(path.join(home, `${name}.py`), 'utf8');
  const { edits } = analyzer.insertRecorder(original);
  const text = applyEdits(original, edits);
  assert.notEqual(text, original);
  assert.equal(applyEdits(text, removeRecorder(text).edits), original);
  copyFileSync('media/recorder/nanlens.py', path.join(place, 'nanlens.py'));
  writeFileSync(path.join(place, `${name}.py`), text);
  const { status, output } = await new Promise<{ status: number; output: string }>((resolve) => {
    const env = { ...process.env, OMP_NUM_THREADS: '1' };
    const options = { cwd: place, timeout: TIME_LIMIT, maxBuffer: 1 << 26, env };
    execFile(python(), [...launcher, `${name}.py`], options, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr });
    });
  });
  const dumps: NamedDump[] = [];
  for (const file of globSync('nanlens-dumps/*/*.nandump.json', { cwd: place }).sort()) {
    const source = bytesSource(file, readFileSync(path.join(place, file)));
    dumps.push({ path: file, result: await openDump(source, new AbortController().signal) });
  }
  const merged = mergeByStep(dumps);
  assert.ok(merged.length <= 1, merged.map((one) => one.path).join(', '));
  const result = merged[0]?.result;
  assert.deepEqual(result?.problems ?? [], []);
  return { status, output, dump: result?.dump, text };
}

describe('a script with the recorder in it', () => {
  const names = readdirSync(SCRIPTS).map((file) => path.basename(file, '.py'));
  assert.ok(names.length >= 8);
  for (const name of names) {
    test(`names the line that breaks it: ${name}`, async () => {
      const { status, output, dump, text } = await recordedRun(SCRIPTS, name);
      assert.equal(status, 1, output);
      assert.match(output, /NonFinite/);
      const blamed = text.split('\n').findIndex((line) => line.endsWith('# blamed')) + 1;
      assert.equal(dump?.anomalies[0]?.source?.line, blamed, `${dump?.verdict.sentence}\n${output.slice(-2000)}`);
    });
  }
});

describe('an example with the recorder in it', () => {
  for (const name of FAILING_EXAMPLES) {
    test(`ends with a dump that names one of its lines: ${name}`, async () => {
      const { status, output, dump, text } = await recordedRun(EXAMPLES, name);
      assert.equal(status, 1, output);
      assert.match(output, /NonFinite/);
      const source = dump?.anomalies[0]?.source;
      assert.ok(source, dump?.verdict.sentence);
      assert.equal(text.split('\n')[source.line - 1]?.trim(), source.text?.trim());
    });
  }

  test('ends with one verdict on two processes: ddp_keyword_spotting', async () => {
    const torchrun = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2'];
    const { output, dump, text } = await recordedRun(EXAMPLES, 'ddp_keyword_spotting', torchrun);
    assert.match(output, /NonFinite/);
    const roles = dump?.recording?.ranks.map(({ rank, role }) => [rank, role]);
    assert.deepEqual(roles, [
      [0, 'consequence'],
      [1, 'first'],
    ]);
    const [first] = dump?.anomalies ?? [];
    assert.equal(first?.rank, 1);
    assert.equal(text.split('\n')[(first?.source?.line ?? 0) - 1]?.trim(), first?.source?.text?.trim());
    assert.match(dump?.verdict.sentence ?? '', /^Step 4, rank 1, .* Rank 0 received it\.$/);
  });
});
