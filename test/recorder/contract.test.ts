// What the recorder promises: typed, documented, alone; dumps that are valid, private, small, and read without a problem.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { textSource } from '../../src/dump/byte-source';
import { openDump } from '../../src/dump/open';
import { insertChecks } from '../proofs/nanlens-cli';
import { python } from '../proofs/python-runs';
import { causeLines, type DumpFile, lastJson, openTensors, type Tensors, validDumps } from './dumps';
import { type Ended, type Job, recorderTests, runForked } from './forked-runs';

const recorder = path.resolve('media/recorder/nanlens.py');
const own = path.join(recorderTests, 'contract');
/** Of the development scripts, some of each kind: forward, backward, the update, inference, loops of all sorts. */
const faults = [
  'clipped_norms',
  'diverging_weights',
  'gradient_penalty',
  'guarded_inference',
  'half_moment',
  'log_mean_exp',
  'masked_log',
  'micro_batches',
  'missing_readings',
  'scaled_nan_loss',
  'step_function',
];
const parts = ['whole', 'column', 'copy', 'half', 'numbers', 'complex', 'transposed'];
/** Where the bad one stands among 12,000 operations. */
const places = ['1000', '11000'];
/** A value of the batch, as Python prints it: it is rounded in half precision, and cut in whole numbers. */
const PRIVATE = /^\(?(4321\.5|4320\.0|4321)\b/;
/** Nobody is called so, and nothing else contains it. */
const USER = 'zebediah';

const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-contract-'));
const home = path.join(scratch, 'home', USER);
const runs = new Map<string, Ended>();
let tensors = new Map<string, Tensors>();
let described: Ended | undefined;

before(async () => {
  for (const name of faults) {
    mkdirSync(path.join(home, 'project'), { recursive: true });
    cpSync(path.join(recorderTests, 'faults', `${name}.py`), path.join(home, 'project', `${name}.py`));
  }
  makeChecked('with');
  makeChecked('without');
  cpSync(recorder, path.join(scratch, 'checked-with', 'nanlens.py'));
  const jobs: [string, Job][] = [
    ...faults.map((name): [string, Job] => [name, faultJob(name)]),
    ...parts.flatMap((part) => ['hidden', 'shown'].map((save) => ownJob('private_batch', part, save))),
    ...places.map((place) => ownJob('many_operations', place)),
    // These find the recorder beside them or not at all.
    ...['with', 'without'].map((way): [string, Job] => [
      `checked-${way}`,
      { script: path.join(scratch, `checked-${way}`, 'checked.py'), arguments: [path.join(scratch, `dumps-${way}`)] },
    ]),
    ownJob('describe_module'),
  ];
  const ended = await runForked(jobs.map(([, job]) => job));
  for (const [index, [name]] of jobs.entries()) runs.set(name, ended[index] as Ended);
  described = runs.get('describe_module');
  tensors = await openTensors(scratch);
});

after(() => rmSync(scratch, { recursive: true, force: true }));

function faultJob(name: string): Job {
  const environment = { WATCHING: 'nanlens', WATCHING_OUT: path.join(scratch, name), HOME: home, USER, LOGNAME: USER };
  return { script: path.join(home, 'project', `${name}.py`), environment };
}

function ownJob(name: string, ...args: readonly string[]): [string, Job] {
  const label = [name, ...args].join('-');
  const environment = { PYTHONPATH: path.dirname(recorder) };
  return [
    label,
    { script: path.join(own, `${name}.py`), arguments: [path.join(scratch, label), ...args], environment },
  ];
}

/** A copy of a script into which the command line puts checks. */
function makeChecked(way: string): void {
  const folder = path.join(scratch, `checked-${way}`);
  mkdirSync(folder);
  cpSync(path.join(own, 'checked.py'), path.join(folder, 'checked.py'));
  insertChecks(folder, 'checked.py', 'record');
}

function onlyDump(name: string): DumpFile {
  const dumps = validDumps(path.join(scratch, name));
  assert.equal(dumps.length, 1, `${name}: ${runs.get(name)?.stderr}`);
  return dumps[0] as DumpFile;
}

function tensorsOf({ file, dump }: DumpFile): Tensors['tensors'] {
  assert.ok(dump.tensorsFile, file);
  const read = tensors.get(path.join(path.dirname(file), dump.tensorsFile));
  assert.ok(read, file);
  return read.tensors;
}

describe('the module', () => {
  test('is typed to the last', async () => {
    const options = ['-m', 'mypy', '--strict', '--python-version', '3.10', '--cache-dir', path.join(scratch, 'mypy')];
    const child = spawn(python(), [...options, recorder]);
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    assert.equal(status, 0, stdout + stderr);
  });

  test('is read by Python 3.10, needs PyTorch alone, and says what each public name is', () => {
    const { needed, optional, undocumented, ...rest } = lastJson<Record<string, string[]>>(described);
    assert.deepEqual(needed, ['torch']);
    assert.deepEqual(optional, ['lightning', 'pytorch_lightning']);
    assert.deepEqual(undocumented, []);
    assert.ok((rest.public?.length ?? 0) >= 9);
  });
});

describe('dumps of runs that fail', () => {
  for (const name of faults) {
    test(`${name}: valid, small, and read without a problem`, async () => {
      const { file, text: json, dump } = onlyDump(name);
      assert.ok(statSync(file).size <= 2_000_000);
      const { dump: read, problems } = await openDump(
        textSource(path.basename(file), json),
        new AbortController().signal,
      );
      assert.deepEqual(problems, []);
      assert.equal(read.format, 'nandump');
      assert.equal(read.verdict.sentence, dump.verdict.sentence);
      assert.equal(read.anomalies.length, dump.anomalies.length);
      assert.equal(read.anomalies[0]?.source?.line, dump.anomalies[0]?.source?.line);
    });

    test(`${name}: nothing tells whose it is or where it lies`, () => {
      const { text: json, dump } = onlyDump(name);
      for (const secret of [USER, scratch, process.cwd(), path.dirname(python())])
        assert.ok(!json.includes(secret), secret);
      for (const one of strings(dump)) assert.doesNotMatch(one, /(^|[\s"'`(=:,])(\/|[A-Z]:\\)[\w.-]+[/\\]/);
      assert.equal(path.basename(dump.run.script ?? ''), `${name}.py`);
    });

    test(`${name}: its tensors are those that it tells of`, () => {
      const found = onlyDump(name);
      const { dump } = found;
      if (!dump.tensorsFile) {
        // What is to blame is no operation, or there is nothing to keep: no file lies there either.
        assert.ok(!tensors.has(found.file.replace('.nandump.json', '.safetensors')));
        return;
      }
      const told = new Map(
        (dump.anomalies[0]?.tensors ?? []).map(({ name: key, shape }) => [key?.replace(' ', ''), shape]),
      );
      const kept = Object.entries(tensorsOf(found));
      assert.ok(kept.length > 0);
      for (const [key, { shape }] of kept) assert.deepEqual(shape, told.get(key), key);
    });
  }

  test('most of them keep tensors', () => {
    const with_ = faults.filter((name) => onlyDump(name).dump.tensorsFile);
    assert.ok(with_.length >= faults.length / 2, with_.join());
  });
});

/** Every text in a JSON value. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}

describe('values of the batch', () => {
  for (const part of parts) {
    test(`stay out of the dump: ${part}`, () => {
      const kept = Object.entries(tensorsOf(onlyDump(`private_batch-${part}-hidden`)));
      for (const [name, { first }] of kept) {
        assert.doesNotMatch(name, /^batch/);
        assert.deepEqual(
          first.filter((value) => PRIVATE.test(value)),
          [],
          name,
        );
      }
    });

    test(`are in it where that was asked for: ${part}`, () => {
      const kept = tensorsOf(onlyDump(`private_batch-${part}-shown`));
      const batch = kept['batch3.batch'];
      assert.deepEqual(batch?.shape, [4, 3]);
      assert.ok(batch.first.some((value) => PRIVATE.test(value)));
    });
  }
});

describe('a step of many operations', () => {
  for (const place of places) {
    test(`is cut around the one to blame, number ${place}`, () => {
      const { file, dump } = onlyDump(`many_operations-${place}`);
      assert.ok(statSync(file).size <= 2_000_000);
      assert.ok(dump.operationCount > 12_000 && dump.operations.length < 4000, `${dump.operations.length}`);
      const [line] = causeLines(path.join(own, 'many_operations.py'));
      const blamed = dump.operations.filter(({ nonFinite, source }) => nonFinite && source?.line === line);
      assert.equal(blamed[0]?.name, 'aten::div');
      assert.equal(dump.anomalies[0]?.source?.line, line);
    });
  }
});

describe('finite checks in the style of the recorder', () => {
  test('the checked values are among the anomalies, each with its line', () => {
    const run = runs.get('checked-with');
    assert.equal(run?.exit, 0, run?.stderr);
    assert.match(run.stdout, /ended/);
    const { dump } = onlyDump('dumps-with');
    const source = readFileSync(path.join(scratch, 'checked-with', 'checked.py'), 'utf8').split('\n');
    const [first, ...others] = dump.anomalies;
    assert.match(source[(first?.source?.line ?? 0) - 1] ?? '', /# cause$/);
    const checked = others.filter(({ metric }) => metric === 'scaled');
    assert.deepEqual(
      checked.map(({ role }) => role),
      ['consequence'],
    );
    assert.match(source[(checked[0]?.source?.line ?? 0) - 1] ?? '', /_nanlens_check\("scaled"/);
    assert.ok(!others.some(({ metric }) => metric === 'width'));
  });

  test('without the recorder beside it the script still runs, and the check itself tells', () => {
    const run = runs.get('checked-without');
    assert.equal(run?.exit, 1);
    assert.match(run.stderr, /FloatingPointError: scaled holds \d+ NaN and \d+ Inf/);
    assert.deepEqual(validDumps(path.join(scratch, 'dumps-without')), []);
  });
});
