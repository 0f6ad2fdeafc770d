// Two real processes under torchrun: none hangs, both name the guilty rank and its line, and good runs are the same bits.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { python } from '../proofs/python-runs';
import { causeLines, type DumpFile, readHistory, strayFiles, validDumps } from './dumps';
import { recorderTests } from './forked-runs';

const GUILTY = 1;
const STEP = 11;
/** A run that takes longer hangs: a sound one takes a tenth of it. */
const TIMEOUT = 120_000;

interface Launched {
  readonly out: string;
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly dumps: readonly DumpFile[];
}

const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-distributed-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

async function launch(name: string, kind: string, onAnomaly: string, environment: Record<string, string> = {}) {
  const out = path.join(scratch, [name, kind, onAnomaly, ...Object.keys(environment)].join('-'));
  const script = path.join(recorderTests, 'distributed', `${name}.py`);
  const launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2'];
  const child = spawn(python(), [...launcher, script, out, kind, onAnomaly], {
    env: { ...process.env, OMP_NUM_THREADS: '1', PYTHONPATH: path.resolve('media/recorder'), ...environment },
    // The launcher hands the signal on to its processes.
    timeout: TIMEOUT,
    killSignal: 'SIGTERM',
  });
  const [stdout, stderr, [exit, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ]);
  assert.equal(signal, null, `it hung: ${stdout}\n${stderr}`);
  return { out, exit, stdout, stderr, dumps: validDumps(out) } satisfies Launched;
}

interface Ending {
  /** Hash of parameters and optimizer, which are the same in all ranks. */
  readonly shared: string | undefined;
  /** Hash of the buffers, which follow the rank's own batches. */
  readonly own: string | undefined;
}

function endings({ stdout }: Launched): Ending[] {
  const said = [...stdout.matchAll(/rank (\d) ended at ([0-9a-f]{64}) and ([0-9a-f]{64})/g)];
  return said
    .sort(([, one = ''], [, two = '']) => one.localeCompare(two))
    .map(([, , shared, own]) => ({ shared, own }));
}

function assertBothNameTheLine(run: Launched, name: string): void {
  const marked = causeLines(path.join(recorderTests, 'distributed', `${name}.py`));
  assert.deepEqual(
    run.dumps.map(({ file }) => path.basename(file)),
    [0, 1].map((rank) => `step-${STEP}.rank-${rank}.nandump.json`),
    run.stderr,
  );
  assert.equal(readdirSync(run.out).length, 1, 'one folder for the run');
  assert.deepEqual(strayFiles(run.out), []);
  for (const [rank, { dump, file }] of run.dumps.entries()) {
    const { sentence } = dump.verdict;
    assert.match(sentence, new RegExp(`^Step ${STEP}, rank ${GUILTY}, (for|back)ward: .* at ${name}\\.py:\\d+ `), file);
    const line = Number(/\.py:(\d+)/.exec(sentence)?.[1]);
    assert.ok(marked.includes(line), sentence);
    assert.equal(dump.run.worldSize, 2);
    assert.equal(dump.anomalies[0]?.role, rank === GUILTY ? 'first' : 'consequence');
    assert.deepEqual(
      dump.ranks.map(({ rank: one, role, step }) => [one, role, step]),
      [
        [GUILTY, 'first', STEP],
        [1 - GUILTY, 'consequence', STEP],
      ],
    );
    const history = path.join(path.dirname(file), rank === 0 ? 'history.jsonl' : `history.rank-${rank}.jsonl`);
    assert.deepEqual(
      readHistory(history)
        .map(({ step }) => step)
        .slice(0, STEP + 1),
      Array.from({ length: STEP + 1 }, (_, step) => step),
    );
  }
  const guilty = run.dumps[GUILTY]?.dump.anomalies[0]?.source;
  assert.ok(marked.includes(guilty?.line ?? 0));
}

describe('a bad rank', () => {
  for (const [name, kind] of [
    ['data_parallel', 'loss'],
    ['data_parallel', 'gradient'],
    ['data_parallel', 'quiet'],
    ['fully_sharded', 'loss'],
    ['fully_sharded', 'gradient'],
  ] as const) {
    test(`${name}, ${kind}: both processes end with the verdict on rank ${GUILTY}`, async () => {
      const run = await launch(name, kind, 'raise');
      assert.equal(run.exit, 1, run.stderr);
      assertBothNameTheLine(run, name);
      for (const rank of [0, 1]) {
        assert.match(
          run.stderr,
          new RegExp(`^\\[rank${rank}\\]: nanlens\\.NonFinite: Step ${STEP}, rank ${GUILTY}, `, 'm'),
        );
      }
      assert.deepEqual(endings(run), []);
    });
  }

  test('both processes leave the step out together and go on', async () => {
    const run = await launch('data_parallel', 'gradient', 'warn');
    assert.equal(run.exit, 0, run.stderr);
    assertBothNameTheLine(run, 'data_parallel');
    const [one, two] = endings(run);
    assert.ok(one && two, run.stdout);
    assert.equal(one.shared, two.shared);
  });
});

describe('no bad rank', () => {
  test('is trained to the same bits with and without the recorder', async () => {
    const watched = await launch('data_parallel', 'healthy', 'raise');
    const alone = await launch('data_parallel', 'healthy', 'raise', { NANLENS_OFF: '1' });
    assert.equal(alone.exit, 0, alone.stderr);
    assert.equal(endings(alone).length, 2);
    assert.deepEqual(endings(watched), endings(alone), watched.stderr);
    assert.doesNotMatch(watched.stderr, /NaN Lens/);
    assert.deepEqual([watched.dumps, readdirSync(scratch).includes(path.basename(alone.out))], [[], false]);
  });

  test('where the recorder of one rank breaks, nobody waits for it', async () => {
    const run = await launch('data_parallel', 'broken', 'raise');
    assert.equal(run.exit, 0, run.stderr);
    assert.equal(endings(run).length, 2);
    assert.equal(run.stderr.match(/NaN Lens: switched off by an error of its own/g)?.length, 1, run.stderr);
    assert.deepEqual(run.dumps, []);
  });
});
