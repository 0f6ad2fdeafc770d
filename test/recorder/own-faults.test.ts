// The recorder in trouble, killed or in company: training goes on as it would without it, and no broken file is left.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Random } from '../unit/dump/random';
import { filesBelow, lastJson, openTensors, readHistory, strayFiles, type Tensors, validDumps } from './dumps';
import { type Ended, type Job, recorderTests, runForked } from './forked-runs';

const troubles = [
  'long_run',
  'many_parameters',
  'disk_full',
  'unwritable',
  'raising_hook',
  'broken_recorder',
  'meta',
  'no_grad_only',
  'forgotten_recorder',
];
const manners = [
  'many_anomalies',
  'unseen',
  'told_in_every_way',
  'late_device',
  'interrupted',
  'interrupted_early',
  'key_error',
  'key_error_caught',
  'two_recorders',
  'two_recorders_in_one_loop',
  'closed',
  'pickled',
];
const RANDOM_KILLS = 16;
/** As many lines run between the first that writes the tensors and the last that writes the dump. */
const WRITING_LINES = 120;
const PLACED_KILLS = 22;

const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-own-faults-'));
const scripts = path.join(recorderTests, 'own_faults');
const runs = new Map<string, Ended>();
/** Where the killed runs wrote. */
const killed = path.join(scratch, 'killed');
let killedRuns: readonly Ended[] = [];
let kept = new Map<string, Tensors>();

before(async () => {
  const named = [
    ...troubles.map((name) => ({ name, script: 'scenarios.py' })),
    ...manners.map((name) => ({ name, script: 'manners.py' })),
  ];
  const jobs: Job[] = named.map(({ name, script }) => ({
    script: path.join(scripts, script),
    arguments: [name, path.join(scratch, name)],
  }));
  const ended = await runForked([...jobs, ...kills()], { environment: { PYTHONPATH: path.resolve('media/recorder') } });
  for (const [index, { name }] of named.entries()) runs.set(name, ended[index] as Ended);
  killedRuns = ended.slice(named.length);
  kept = await openTensors(killed);
});

after(() => rmSync(scratch, { recursive: true, force: true }));

/** Some at any moment, and some at each of the lines that write files, where any moment would rarely be. */
function kills(): Job[] {
  const random = new Random(5);
  const script = path.join(scripts, 'scenarios.py');
  const atAnyMoment = Array.from({ length: RANDOM_KILLS }, (_, i) => ({
    script,
    arguments: ['killed', path.join(killed, `${i}`)],
    kill: 0.1 + random.next(),
  }));
  const atLines = Array.from({ length: PLACED_KILLS }, (_, i) => {
    const first = Math.floor((i * WRITING_LINES) / PLACED_KILLS);
    const line = 1 + first + random.below(Math.floor(WRITING_LINES / PLACED_KILLS));
    const environment = { NANLENS_KILL_AT: `${line}` };
    return { script, arguments: ['killed_at', path.join(killed, `at-${line}`)], environment };
  });
  return [...atAnyMoment, ...atLines];
}

/** What a scenario saw, which ended as it should. */
function seen<T>(name: string): T {
  return lastJson<T>(runs.get(name));
}

/** What the recorder itself said. */
function said(name: string): string[] {
  return (runs.get(name)?.stderr ?? '').split('\n').filter((line) => line.startsWith('NaN Lens:'));
}

describe('files', () => {
  test('a full disk takes the dump, not the verdict, and leaves no file that is not whole', () => {
    const { raised, dump, files } = seen<{ raised: string; dump: string | null; files: string[] }>('disk_full');
    assert.match(raised, /^Step 280, forward: `div` at scenarios\.py:\d+ in train gives NaN/);
    assert.equal(dump, null);
    assert.deepEqual(files, ['history.jsonl']);
    assert.equal(said('disk_full').filter((line) => line.includes('history is not written')).length, 1);
    assert.ok(said('disk_full').some((line) => line.includes('the dump could not be written')));
  });

  test('where nothing can be written the verdict comes all the same', () => {
    const result = seen<{ raised: string; dump: string | null; untouched: boolean }>('unwritable');
    assert.match(result.raised, /^Step 5, forward: `div` at scenarios\.py/);
    assert.deepEqual([result.dump, result.untouched], [null, true]);
  });

  test('a run that is killed leaves only files that are whole', () => {
    assert.deepEqual(
      killedRuns.map(({ exit }) => exit),
      killedRuns.map(() => -9),
      killedRuns.find(({ exit }) => exit !== -9)?.stderr,
    );
    const dumps = validDumps(killed);
    assert.ok(dumps.length >= RANDOM_KILLS, `only ${dumps.length} dumps`);
    for (const { file, dump } of dumps) {
      assert.ok(dump.tensorsFile, file);
      assert.ok(kept.has(path.join(path.dirname(file), dump.tensorsFile)), file);
    }
    assert.deepEqual(strayFiles(killed), []);
    const files = filesBelow(killed);
    const tensors = files.filter((file) => file.endsWith('.safetensors'));
    assert.deepEqual([...kept.keys()].sort(), tensors);
    for (const [file, { error }] of kept) assert.equal(error, undefined, file);
    assert.ok(tensors.length > dumps.length, 'no run was killed between its two files');
    assert.ok(
      files.some((file) => path.basename(file).startsWith('.')),
      'no run was killed while it wrote',
    );
    for (const file of files) if (path.basename(file).startsWith('history')) readHistory(file);
  });
});

describe('trouble', () => {
  test('a hook that allows a batch once only: the verdict is told, and what the hook raises is its own', () => {
    const run = runs.get('raising_hook');
    assert.equal(run?.exit, 1);
    assert.match(run?.stderr ?? '', /RuntimeError: seen before\s*$/);
    assert.match(said('raising_hook').join('\n'), /Step 5: the loss is NaN; when it was run again, it did not come/);
    const [dump, ...others] = validDumps(path.join(scratch, 'raising_hook'));
    assert.equal(others.length, 0);
    assert.equal(dump?.dump.verdict.confidence, 'unknown');
  });

  test('an error of its own is told once, and the training ends', () => {
    assert.deepEqual(seen('broken_recorder'), { last: 7 });
    assert.equal(said('broken_recorder').length, 1);
    assert.match(said('broken_recorder')[0] ?? '', /switched off by an error of its own, the training goes on/);
  });

  test('a model without data is left alone', () => {
    assert.deepEqual(seen('meta'), { steps: 5, off: false });
    assert.equal(runs.get('meta')?.stderr, '');
  });

  test('ten thousand parameters are watched, and their dump is within bounds', () => {
    const { raised, dump } = seen<{ raised: string; dump: string }>('many_parameters');
    assert.match(raised, /the gradient of `sqrt` at scenarios\.py:\d+ in run becomes Inf/);
    assert.ok(statSync(dump).size <= 2_000_000);
    assert.equal(validDumps(path.join(scratch, 'many_parameters')).length, 1);
  });

  test('memory and files of a long run stay small', () => {
    const { growth, ring } = seen<{ growth: number; ring: number }>('long_run');
    assert.ok(growth < 2_000_000, `${growth} bytes more`);
    assert.equal(ring, 256);
    const [history = ''] = filesBelow(path.join(scratch, 'long_run'));
    assert.equal(readHistory(history).at(-1)?.step, 19_999);
    assert.ok(statSync(history).size < 20_000 * 128, `${statSync(history).size} bytes of history`);
  });

  test('a loop that never trains keeps none of its batches', () => {
    const { kept: batches } = seen<{ kept: number }>('no_grad_only');
    assert.ok(batches <= 1, `${batches} are kept`);
  });

  test('a recorder that was dropped is gone', () => {
    assert.deepEqual(seen('forgotten_recorder'), { went_on: true, patched: false });
    assert.equal(runs.get('forgotten_recorder')?.stderr, '');
  });
});

describe('manners', () => {
  test('a device that lags behind does not hide a bad step, be it the last', () => {
    const verdicts = seen<Record<string, string>>('late_device');
    for (const bad of ['3', '10', '11']) {
      assert.match(String(verdicts[bad]), new RegExp(`^Step ${bad}, forward: .div. at manners\\.py:\\d+ in update`));
    }
  });

  test('three bad steps have dumps, the others are left out in silence', () => {
    assert.deepEqual(seen('many_anomalies'), { told: 3, good_steps: 9, same: true });
    assert.equal(validDumps(path.join(scratch, 'many_anomalies')).length, 3);
    assert.match(said('many_anomalies').at(-1) ?? '', /further bad steps are left out without being told/);
  });

  test('parameters and optimizer are as if the bad batch had never been there', () => {
    const ways = Object.entries(seen<Record<string, unknown>>('unseen'));
    assert.equal(ways.length, 4);
    for (const [way, result] of ways) assert.deepEqual(result, { same: true, dumps: 1, found_inf: false }, way);
  });

  test('a bad step is told of in each mode and however steps are handed out', () => {
    const ways = Object.entries(
      seen<Record<string, { dumps: string[]; learns: boolean; steps: number }>>('told_in_every_way'),
    );
    assert.equal(ways.length, 6);
    for (const [way, { dumps, learns, steps }] of ways) {
      assert.deepEqual(dumps, ['step-5.rank-0.nandump.json', 'step-8.rank-0.nandump.json'], way);
      assert.ok(learns && steps >= 11, `${way}: ${learns}, ${steps} steps`);
    }
  });

  test('Ctrl+C while all is finite starts no replay', () => {
    const run = runs.get('interrupted_early');
    assert.match(run?.stderr ?? '', /^Traceback[\s\S]*\nKeyboardInterrupt\s*$/);
    assert.equal(run?.stdout.match(/forward/g)?.length, 3, run?.stdout);
    assert.deepEqual(validDumps(path.join(scratch, 'interrupted_early')), []);
  });

  test('Ctrl+C while the loss is NaN ends the run as Ctrl+C does', () => {
    const run = runs.get('interrupted');
    assert.match(run?.stderr ?? '', /\nKeyboardInterrupt\s*$/);
    assert.doesNotMatch(run?.stderr ?? '', /Exception ignored|nanlens\.py/);
  });

  test('a mistake that has nothing to do with numbers starts no replay and no word', () => {
    const run = runs.get('key_error');
    assert.match(run?.stderr ?? '', /^Traceback[\s\S]*\nKeyError: 'los'\s*$/);
    assert.deepEqual(said('key_error'), []);
    assert.equal(run?.stdout, 'forward\n'.repeat(4));
    assert.deepEqual(validDumps(path.join(scratch, 'key_error')), []);
  });

  test('such a mistake may be caught, and the script lives on', () => {
    assert.deepEqual(seen('key_error_caught'), { trained_on: true });
    assert.equal(runs.get('key_error_caught')?.stderr, '');
    assert.match(runs.get('key_error_caught')?.stdout ?? '', /^(forward\n){4}caught\n/);
  });

  test('of two recorders each tells of its own model', () => {
    assert.deepEqual(seen('two_recorders'), { one: 0, two: 2 });
    assert.deepEqual(seen('two_recorders_in_one_loop'), { one: 0, two: 1, twice: 0, finite: true });
  });

  test('the last recorder that is closed takes everything back', () => {
    assert.deepEqual(seen('closed'), {
      untouched: [],
      too_early: [],
      left: [],
      found_inf: [false, false],
      hooks: 0,
    });
  });

  test('the exception of a worker process comes to its parent as it is', () => {
    const { text, verdict, exists } = seen<{ text: string; verdict: string; exists: boolean }>('pickled');
    assert.match(verdict, /^Step 2, forward: `div` at manners\.py:\d+ in update gives/);
    assert.ok(text.startsWith(`${verdict}\nDump: `) && exists, text);
    const worker = readFileSync(text.split('Dump: ')[1] ?? '', 'utf8');
    assert.ok(worker.startsWith('{"nandump":1,'));
  });
});
