// `nanlens dump` reads a file, a folder and standard input, in pieces, and answers in words or JSON.

import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { describe, it } from 'node:test';
import { type OpenSource, openFileSource, spoolStream } from '../../../src/cli/file-source';
import { Workspace } from './harness';

const LOG = `step 1 loss 2.5
step 2 loss 1.5
/venv/lib/python3.12/site-packages/torch/autograd/graph.py:841: UserWarning: Error detected in LogBackward0. Traceback of forward call that caused the error:
  File "/home/ada/project/train.py", line 20, in <module>
    loss = nll(model(x), y)
  File "/home/ada/project/losses.py", line 7, in nll
    return -torch.log(p).mean()
 (Triggered internally at /pytorch/torch/csrc/autograd/python_anomaly_mode.cpp:122.)
  return Variable._execution_engine.run_backward(  # Calls into the C++ engine to run the backward pass
Traceback (most recent call last):
  File "/home/ada/project/train.py", line 21, in <module>
    loss.backward()
  File "/venv/lib/python3.12/site-packages/torch/_tensor.py", line 647, in backward
    torch.autograd.backward(
RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.
`;

describe('dump', () => {
  it('says where a run broke', () =>
    Workspace.with({ 'run.log': LOG }, async (workspace) => {
      const { code, out, err } = await workspace.run(['dump', 'run.log']);
      assert.equal(err, '');
      assert.match(out, /^run\.log: torch-anomaly/);
      assert.match(out, /losses\.py:7/);
      assert.equal(code, 0);
      const piped = await workspace.run(['dump', '-'], LOG);
      assert.equal(piped.out.replace('standard input', 'run.log'), out);
    }));

  it('writes the contract as JSON, whatever the file is called', () =>
    Workspace.with({ 'run.log': LOG, 'a.bin': LOG }, async (workspace) => {
      const { out } = await workspace.run(['dump', 'run.log', '--output-format', 'json']);
      const dump = JSON.parse(out);
      assert.deepEqual(Object.keys(dump), [
        'version',
        'format',
        'framework',
        'verdict',
        'anomalies',
        'series',
        'problems',
      ]);
      assert.deepEqual(
        [dump.version, dump.anomalies[0].op, dump.anomalies[0].source.line, dump.anomalies[0].rules],
        [1, 'LogBackward0', 7, ['NAN101']],
      );
      assert.equal((await workspace.run(['dump', 'a.bin', '--output-format', 'json'])).out, out);
      assert.equal((await workspace.run(['dump', '-', '--output-format', 'json'], LOG)).out, out);
    }));

  it('exits with 0 for a healthy run', () =>
    Workspace.with({ 'ok.log': 'step 1 loss 2.5\nstep 2 loss 1.5\n' }, async (workspace) => {
      const { code, out } = await workspace.run(['dump', 'ok.log', '--output-format', 'json']);
      assert.deepEqual([code, JSON.parse(out).anomalies], [0, []]);
    }));

  it('shows every artefact of a folder that tells something', () =>
    Workspace.with(
      { 'runs/a.log': LOG, 'runs/deep/b.log': LOG, 'runs/c.txt': '', 'runs/train.py': LOG, 'one/x.log': LOG },
      async (workspace) => {
        const text = await workspace.run(['dump', 'runs']);
        assert.match(text.out, /^runs\/a\.log: torch-anomaly/m);
        assert.match(text.out, /^runs\/deep\/b\.log: torch-anomaly/m);
        assert.match(text.out, /1 other file in this folder tells nothing/);
        const { dumps } = JSON.parse((await workspace.run(['dump', 'runs', '--output-format', 'json'])).out);
        assert.deepEqual(
          dumps.map(({ path, version }: { path: string; version: number }) => [path, version]),
          [
            ['runs/a.log', 1],
            ['runs/deep/b.log', 1],
          ],
        );
        const single = await workspace.run(['dump', 'one', '--output-format', 'json']);
        assert.equal(JSON.parse(single.out).format, 'torch-anomaly');
      },
    ));

  it('makes one of the dumps of several ranks', () => {
    const dump = (anomaly: object) =>
      JSON.stringify({
        nandump: 1,
        verdict: { sentence: 'Step 8: broken.', confidence: 'certain' },
        anomalies: [{ kind: 'nan-forward', role: 'first', step: 8, message: 'NaN', ...anomaly }],
      });
    const received = { kind: 'grad-nonfinite', message: 'it came from another rank' };
    const files = {
      'r/step-8.rank-0.nandump.json': dump(received),
      'r/step-8.rank-1.nandump.json': dump({ source: { path: 'a.py', line: 3 } }),
      'r/step-8.rank-2.nandump.json': dump({}).slice(0, 60),
      'r/history.jsonl': '{"step": 8, "loss": "NaN"}\n',
      'r/history.rank-1.jsonl': '{"step": 8, "loss": "NaN"}\n',
      'alone/history.jsonl': '{"step": 8, "loss": "NaN"}\n',
    };
    return Workspace.with(files, async (workspace) => {
      const { code, out, err } = await workspace.run(['dump', 'r', '--output-format', 'json']);
      assert.equal(code, 0);
      const { verdict, anomalies } = JSON.parse(out);
      assert.equal(verdict.sentence, 'Step 8, rank 1: broken. Rank 0 received it.');
      assert.deepEqual(
        anomalies.map(({ rank, role }: { rank: number; role: string }) => [rank, role]),
        [
          [1, 'first'],
          [0, 'consequence'],
        ],
      );
      assert.match(err, /rank-2\.nandump\.json: The dump could not be read: it is not whole/);
      const alone = await workspace.run(['dump', 'alone', '--output-format', 'json']);
      assert.equal(JSON.parse(alone.out).anomalies[0].metric, 'loss');
      const half = await workspace.run(['dump', 'r/step-8.rank-2.nandump.json']);
      assert.equal(half.code, 2);
    });
  });

  it('exits with 2 in words where nothing can be read', () =>
    Workspace.with({ 'empty/x.py': '' }, async (workspace) => {
      const missing = await workspace.run(['dump', 'missing.log']);
      assert.deepEqual([missing.code, missing.err], [2, 'error: missing.log: no such file or folder\n']);
      const empty = await workspace.run(['dump', 'empty']);
      assert.equal(empty.code, 2);
      assert.match(empty.err, /empty holds no log or dump that tells of a run/);
      assert.equal((await workspace.run(['dump'])).code, 2);
    }));

  it('prints nothing that could drive the terminal', () =>
    Workspace.with({ 'x\u001b[2J.log': LOG.replace('step 1', '\u001b[2Jstep 1\u0007\u202e') }, async (workspace) => {
      const { out } = await workspace.run(['dump', 'x\u001b[2J.log']);
      assert.doesNotMatch(out.replaceAll('\n', ''), /\p{Cc}|\u202e/u);
    }));
});

async function collect(source: OpenSource): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.stream()) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('byte sources', () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 7 + (i >> 9)) & 255));

  it('give the bytes of a file and of a pipe, whole and in part, more than once', () =>
    Workspace.with({ 'x.bin': bytes }, async (workspace) => {
      const file = workspace.at('x.bin');
      for (const source of [await openFileSource(file), await spoolStream('x.bin', createReadStream(file))]) {
        assert.deepEqual([source.name, source.size], ['x.bin', bytes.length]);
        assert.ok((await collect(source)).equals(bytes));
        assert.ok((await collect(source)).equals(bytes));
        for (const [from, to] of [
          [0, 0],
          [0, 10],
          [-5, 5],
          [999_999, 2_000_001],
          [bytes.length - 3, bytes.length + 100],
          [bytes.length + 1, bytes.length + 2],
          [10, 5],
        ] as const) {
          const expected = bytes.subarray(Math.max(0, from), Math.max(0, from, to));
          assert.ok(Buffer.from(await source.read(from, to)).equals(expected), `${from}-${to}`);
        }
        await source.close();
      }
    }));

  it('hand on what went wrong with a pipe', () =>
    assert.rejects(
      spoolStream(
        'x',
        (async function* () {
          yield 'a';
          throw new Error('the pipe broke');
        })(),
      ),
      /the pipe broke/,
    ));
});
