// Folders: what belongs to one run becomes one story, several runs stay apart, and no file costs another.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { textSource } from '../../../src/dump/byte-source';
import type { Folder } from '../../../src/dump/folder';
import { dumpToJson } from '../../../src/dump/json';
import { readRunFolder } from '../../../src/dump/run-folder';

const never = new AbortController().signal;

function folderOf(files: Readonly<Record<string, string>>, name = 'folder'): Folder {
  const paths = Object.keys(files);
  return {
    name,
    async entries(below) {
      const prefix = below === '' ? '' : `${below}/`;
      const inside = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
      const names = new Map(inside.map((path) => [path.split('/', 1)[0] ?? '', path.includes('/')]));
      return [...names].map(([one, isFolder]) => ({ name: one, isFolder }));
    },
    async open(path) {
      const text = files[path];
      if (text === undefined) throw new Error('no such file');
      if (text === 'unreadable') throw new Error('no right to read');
      return { ...textSource(path, text), close: async () => undefined };
    },
  };
}

async function read(files: Readonly<Record<string, string>>, name?: string) {
  const reading = await readRunFolder(folderOf(files, name), never);
  for (const { result } of reading.runs) JSON.stringify(dumpToJson(result));
  return reading;
}

const healthy = 'step 1 loss 2.5\nstep 2 loss 1.5\nstep 3 loss 1.25\n';
const anomaly = (line = 7): string =>
  `/venv/lib/python3.12/site-packages/torch/autograd/graph.py:841: UserWarning: Error detected in LogBackward0. Traceback of forward call that caused the error:
  File "/home/ada/project/losses.py", line ${line}, in nll
    return -torch.log(p).mean()
 (Triggered internally at /pytorch/torch/csrc/autograd/python_anomaly_mode.cpp:122.)
  return Variable._execution_engine.run_backward(  # Calls into the C++ engine to run the backward pass
Traceback (most recent call last):
  File "/home/ada/project/train.py", line 21, in <module>
    loss.backward()
RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.
`;
const metrics = (bad: number, last = 10): string =>
  Array.from({ length: last }, (_, i) => `{"step": ${i}, "train/loss": ${i >= bad ? 'NaN' : 2 - i / 10}}\n`).join('');
const table = (bad: number): string =>
  `step,epoch,loss\n${Array.from({ length: 10 }, (_, i) => `${i},0,${i >= bad ? 'nan' : 1}\n`).join('')}`;

describe('one run', () => {
  test('is told by its most specific evidence of the earliest step', async () => {
    const log = `${healthy}${anomaly()}`;
    const same = await read({ 'train.log': log, 'metrics.jsonl': metrics(4) });
    assert.equal(same.runs.length, 1);
    const [run] = same.runs;
    assert.deepEqual(run?.path, '');
    const [first, second] = run?.result.dump.anomalies ?? [];
    assert.deepEqual([first?.op, first?.step, first?.file, first?.role], ['LogBackward0', 4, 'train.log', 'first']);
    assert.deepEqual(
      [second?.kind, second?.step, second?.file, second?.role],
      ['loss-nan', 4, 'metrics.jsonl', 'consequence'],
    );
    assert.match(
      run?.result.dump.verdict.sentence ?? '',
      /losses\.py:7 .* Seen as well in metrics\.jsonl \(step 4\)\.$/,
    );
    assert.deepEqual(
      run?.result.dump.sources?.map(({ path, format }) => [path, format]),
      [
        ['metrics.jsonl', 'metrics-jsonl'],
        ['train.log', 'torch-anomaly'],
      ],
    );

    const earlier = await read({ 'train.log': log, 'metrics.jsonl': metrics(2) });
    assert.deepEqual(
      earlier.runs[0]?.result.dump.anomalies.map(({ kind, step, role }) => [kind, step, role]),
      [
        ['loss-nan', 2, 'first'],
        ['nan-backward', 4, 'consequence'],
      ],
    );
  });

  test('of several ranks blames the first bad one and folds the others', async () => {
    const { runs } = await read({
      'logs/rank_0.log': `${healthy}step 4 loss nan\nstep 5 loss nan\n`,
      'logs/rank_1.log': `${healthy}${anomaly()}`,
      'logs/rank_2.log': `${healthy}step 4 loss 1.0\nstep 5 loss nan\nacc nan\n`,
    });
    const dump = runs[0]?.result.dump;
    assert.equal(runs.length, 1);
    assert.match(dump?.verdict.sentence ?? '', /^Step 4, rank 1, backward: .* Ranks 0 and 2 followed\.$/);
    assert.deepEqual(
      dump?.anomalies.map(({ rank, role, file }) => [rank, role, file]),
      [
        [1, 'first', 'logs/rank_1.log'],
        [0, 'consequence', 'logs/rank_0.log'],
        [2, 'consequence', 'logs/rank_2.log'],
      ],
    );
    assert.deepEqual(dump?.series.map(({ name }) => name).slice(0, 3), [
      'loss [rank 0]',
      'loss [rank 1]',
      'loss [rank 2]',
    ]);
  });

  test('takes the step from the standard output beside the standard error', async () => {
    const { runs } = await read({ 'a/job-7.out': healthy, 'a/job-7.err': anomaly() });
    const [first] = runs[0]?.result.dump.anomalies ?? [];
    assert.deepEqual([runs.length, first?.step, first?.file, first?.span?.firstLine], [1, 4, 'a/job-7.err', 1]);
    const other = await read({ 'a/job-7.out': 'epoch 2 loss 0.5\nepoch 4 loss 0.5\n', 'a/job-7.err': anomaly() });
    assert.equal(other.runs[0]?.result.dump.anomalies[0]?.step, null);
  });

  test('that is healthy in all its files is said to be', async () => {
    const { runs } = await read({ 'train.log': healthy, 'metrics.jsonl': metrics(99) });
    assert.deepEqual(
      [runs.length, runs[0]?.result.dump.anomalies, runs[0]?.result.dump.verdict.sentence],
      [1, [], 'No NaN or Inf in these 2 files of a run: all 13 recorded values are finite.'],
    );
  });

  test('tells the same event once', async () => {
    const { runs } = await read({ 'metrics.jsonl': metrics(4), 'metrics.csv': table(4) });
    assert.equal(runs[0]?.result.dump.anomalies.length, 1);
  });

  test('keeps the problems of each file under its name', async () => {
    const { runs } = await read({ 'metrics.jsonl': `${metrics(4)}{"step": 11, "tr`, 'metrics.csv': table(4) });
    assert.deepEqual(runs[0]?.result.problems, [{ message: 'metrics.jsonl: The last line breaks off.', line: 11 }]);
  });
});

describe('several runs', () => {
  test('stay apart: two of a kind that do not belong together', async () => {
    const { runs } = await read({
      'version_0/metrics.csv': table(5),
      'version_1/metrics.csv': table(7),
      'version_1/train.log': `${healthy}step 4 loss nan\n`,
    });
    assert.deepEqual(
      runs.map(({ path, result }) => [path, result.dump.anomalies[0]?.step, result.dump.sources?.length]),
      [
        ['version_0/metrics.csv', 5, undefined],
        ['version_1', 4, 2],
      ],
    );
  });

  test('in one folder are joined by their names, whatever the kind', async () => {
    const { runs } = await read({
      'a.log': anomaly(3),
      'a.metrics.jsonl': metrics(4),
      'b.log': anomaly(4),
      'b.metrics.jsonl': metrics(5),
      'b.json': '{"note": "the loss is nan"}',
    });
    assert.deepEqual(
      runs.map(({ path, result }) => [path, ...(result.dump.sources ?? []).map((source) => source.path)]),
      [
        ['a', 'a.log', 'a.metrics.jsonl'],
        ['b', 'b.log', 'b.metrics.jsonl'],
      ],
    );
  });

  test('in one folder are told by their names', async () => {
    const { runs } = await read({
      'a.log': anomaly(3),
      'b.log': anomaly(4),
      'train.jsonl': metrics(5),
      'val.jsonl': metrics(99),
    });
    assert.deepEqual(
      runs.map(({ path, result }) => [path, result.dump.anomalies[0]?.source?.line ?? result.dump.anomalies[0]?.step]),
      [
        ['a.log', 3],
        ['b.log', 4],
        ['', 5],
      ],
    );
  });
});

describe('msprobe', () => {
  const stats = (max: string, min = '0.5') =>
    `{"type": "torch.Tensor", "dtype": "torch.float32", "shape": [4], "Max": ${max}, "Min": ${min}, "Mean": 0, "Norm": 0}`;
  const dump = (...calls: readonly (readonly [string, string, string])[]) =>
    `{"task": "statistics", "level": "L1", "framework": "pytorch", "dump_data_dir": null, "data": {${calls
      .map(([api, input, output]) => `"${api}": {"input_args": [${input}], "input_kwargs": {}, "output": [${output}]}`)
      .join(', ')}}}`;
  const stack = '{"0": [["Torch.log.0.forward"], ["File /home/ada/a.py, line 3, in f, \\n return torch.log(x)"]]}';

  test('finds the first bad call over steps and ranks', async () => {
    const good = dump(['Torch.log.0.forward', stats('2'), stats('0.7', '-0.7')]);
    const bad = dump(
      ['Torch.log.0.forward', stats('2', '0'), stats('0.7', '-Infinity')],
      ['Torch.add.0.forward', stats('0.7', '-Infinity'), stats('NaN', 'NaN')],
    );
    const received = dump(['Torch.add.0.forward', stats('NaN', 'NaN'), stats('NaN', 'NaN')]);
    const { runs } = await read({
      'd/step0/rank0/dump.json': good,
      'd/step0/rank0/stack.json': stack,
      'd/step2/rank0/dump.json': received,
      'd/step2/rank0/stack.json': stack,
      'd/step2/rank1/dump.json': bad,
      'd/step2/rank1/stack.json': stack,
      'd/step10/rank0/dump.json': received,
      'd/step10/rank0/stack.json': stack,
    });
    assert.deepEqual(
      runs[0]?.result.dump.anomalies.map(({ kind, op, step, rank, role, source }) => [
        kind,
        op,
        step,
        rank,
        role,
        source?.line,
      ]),
      [
        ['inf-forward', 'Torch.log.0.forward', 2, 1, 'first', 3],
        ['nan-forward', 'Torch.add.0.forward', 2, 1, 'consequence', undefined],
        ['input-nan', 'Torch.add.0.forward', 2, 0, 'secondary', undefined],
      ],
    );
    assert.match(runs[0]?.result.dump.verdict.sentence ?? '', /its input\[0\] reaches exactly 0 \(NAN101\)/);
  });

  test('takes a mask of −Inf for what it is', async () => {
    const mask = dump(
      ['Tensor.masked_fill.0.forward', stats('2'), stats('2', '-Infinity')],
      ['Tensor.__add__.0.forward', stats('2', '-Infinity'), stats('2', '-Infinity')],
      ['Functional.softmax.0.forward', stats('2', '-Infinity'), stats('1', '0')],
    );
    const whole = await read({ 'dump.json': mask, 'stack.json': stack }, 'step3');
    assert.deepEqual(whole.runs[0]?.result.dump.anomalies, []);
    const dead = mask.replace(stats('1', '0'), stats('NaN', 'NaN'));
    const { runs } = await read({ 'dump.json': dead, 'stack.json': stack }, 'step3');
    const [first] = runs[0]?.result.dump.anomalies ?? [];
    assert.deepEqual([first?.op, first?.kind, first?.step], ['Functional.softmax.0.forward', 'nan-forward', 3]);
  });

  test('that is hostile is told in words', async () => {
    for (const text of [
      dump(['a', '['.repeat(100_000), '']),
      dump(['__proto__', stats('NaN'), stats('NaN')]),
      dump(['\ud800', stats('1e9999'), stats('"nan"', '"nan"')]),
      dump(['', '', '']).slice(0, 80),
      '{"task": 1, "level": {}, "dump_data_dir": [], "data": [1, {"output": NaN}]}',
    ]) {
      const { runs } = await read({
        'step0/rank0/dump.json': text,
        'step0/rank0/stack.json': '{"0": [[1], "x"], "y": [null]}',
      });
      for (const { result } of runs) JSON.stringify(dumpToJson(result));
    }
  });
});

describe('a folder that is strange', () => {
  test('costs no file that can be read', async () => {
    const { runs, failures, silent } = await read({
      'a.log': 'unreadable',
      'b.log': anomaly(),
      'empty.json': '',
      'config.json': '{"a": 1}',
      'data.csv': 'age,income\n1,nan\n',
      'code.py': anomaly(),
      'x/../../etc/passwd.log': '',
    });
    assert.deepEqual(
      [runs.map(({ path }) => path), failures.map(({ path }) => path), silent > 2],
      [['b.log'], ['a.log'], true],
    );
  });

  test('that cannot be listed is told, and an abort rejects', async () => {
    const broken: Folder = { ...folderOf({}), entries: () => Promise.reject(new Error('gone')) };
    const { failures } = await readRunFolder(broken, never);
    assert.equal(failures.length, 1);
    await assert.rejects(
      readRunFolder(folderOf({ 'a.log': healthy }), AbortSignal.abort(new Error('closed'))),
      /closed/,
    );
  });
});
