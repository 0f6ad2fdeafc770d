// The examples: each fails as its table says, NaN Lens says of each what the table says, and mended ones do not fail.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import Ajv from 'ajv/dist/2020';
import { check } from './nanlens-cli';
import { python, runScripts } from './python-runs';

const NON_FINITE = /\b(nan|inf)\b/i;

interface Example {
  /** What a run prints, or dies of. */
  readonly fails: RegExp;
  /** What a mended run prints; null where the cause has no rule yet. No NaN or inf may stand beside it. */
  readonly mended: RegExp | null;
}

const examples: Readonly<Record<string, Example>> = {
  'fine_tuned_classifier.py': {
    fails: /epoch 0 batch 0 loss 1\.\d+[\s\S]*batch 1 loss nan[\s\S]*Target 3 is out of bounds/,
    mended: /epoch 11 batch 5 loss 0\.[0-4]/,
  },
  'usual_culprits.py': { fails: /step 0 loss nan/, mended: /step 39 loss -?0\.0/ },
  'transfer_learning.py': {
    fails: /epoch 2 iteration 176: loss \d[\s\S]*epoch 4 iteration 304: loss nan/,
    mended: /epoch 4/,
  },
  'char_rnn.py': { fails: /step +1 +loss 3\.\d+[\s\S]*loss nan/, mended: /step +60/ },
  'focal_loss.py': { fails: /it +5 \| loss \d[\s\S]*it +15 \| loss nan/, mended: /it 195/ },
  'bernoulli_vae.py': {
    fails: /Epoch: 5 \[0\/50\]\s+Loss: \d[\s\S]*Epoch: 7 \[0\/50\]\s+Loss: nan/,
    mended: /Epoch: 10 \[40\/50\]/,
  },
  'causal_transformer.py': { fails: /step=50 loss=\d[\s\S]*step=60 loss=nan/, mended: /step=90/ },
  'amp_denoiser.py': {
    fails: /90 {2}loss 4\.\d+e-09 {2}largest gradient 0\.000e\+00/,
    mended: /90 {2}loss [12]\.\d+e-10/,
  },
  'one_hot_iris.py': {
    fails: /Expected floating point type for target with class probabilities, got Long/,
    mended: /epoch 4: accuracy 0\.[6-9]/,
  },
  'metric_learning.py': { fails: /contrastive loss nan/, mended: /275\/300\] contrastive loss 0\.00/ },
  'ddp_keyword_spotting.py': {
    fails: /rank 0\/2\] step 4 loss \d[\s\S]*rank 0\/2\] step 19 loss nan/,
    mended: /rank 0\/2\] step 19/,
  },
  'mixture_density.ipynb': {
    fails: /step +20 +nll \d[\s\S]*Function 'MulBackward0' returned nan values/,
    mended: /step 190/,
  },
  'numpy_log_loss.py': {
    fails: /epoch 0: log loss = 0\.69[\s\S]*4\d of 50 losses are not finite/,
    mended: /\b0 of 50 losses/,
  },
  'keras_house_prices.py': {
    fails: /loss per epoch: \[1\d+\.\d+, \d.*, inf, .*nan\]/,
    mended: /loss per epoch: \[\d+\.\d+, .*, \d+\.\d+\]/,
  },
};

const home = path.resolve('examples');
const table = readTable(readFileSync(path.join(home, 'README.md'), 'utf8'));
const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-examples-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** What the runs printed, by the example's name. */
let printed = new Map<string, string>();
let printedMended = new Map<string, string>();
let found = new Map<string, string[]>();
let left: string[] = [];

before(async () => {
  const copies = path.join(scratch, 'mended');
  cpSync(home, copies, { recursive: true });
  found = findings(home);
  check(copies, '--fix', '--unsafe-fixes', '.');
  left = [...findings(copies)].map(([name, rules]) => `${name}: ${rules.join(', ')}`);
  const repaired = Object.entries(examples).flatMap(([name, { mended }]) => (mended ? [name] : []));
  [printed, printedMended] = await Promise.all([
    runExamples(home, Object.keys(examples)),
    runExamples(copies, repaired),
  ]);
});

test('the table names every script and notebook', () => {
  const scripts = readdirSync(home).filter((name) => /\.(py|ipynb)$/.test(name));
  assert.deepEqual([...table.keys()].sort(), scripts.sort());
  assert.deepEqual(Object.keys(examples).sort(), scripts.sort());
});

for (const [name, { fails, mended }] of Object.entries(examples)) {
  describe(name, () => {
    test('fails as its table says', () => assert.match(printed.get(name) ?? '', fails));
    test('has the findings that its table names', () => {
      assert.deepEqual(found.get(name) ?? [], table.get(name));
    });
    if (!mended) return;
    test('no longer fails once mended', () => {
      const output = printedMended.get(name) ?? '';
      assert.match(output, mended);
      assert.doesNotMatch(output, NON_FINITE);
    });
  });
}

test('nothing is left to find in the mended examples', () => assert.deepEqual(left, []));

describe('recorded dumps', () => {
  const dumps = readdirSync(path.join(home, 'runs')).filter((name) => name.endsWith('.nandump.json'));
  const schema = JSON.parse(readFileSync('media/recorder/nandump.schema.json', 'utf8')) as object;
  const validate = new Ajv({ strict: false }).compile(schema);

  test('there is one of each example whose PyTorch training ends in NaN', () => {
    const names = /^NAMES = \(([^)]*)\)/m.exec(readFileSync(path.join(home, 'runs/record_dump.py'), 'utf8'))?.[1] ?? '';
    const expected = [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(dumps.map((name) => name.split('.')[0]))], expected);
  });
  for (const name of dumps) {
    test(name, () => {
      const dump = JSON.parse(readFileSync(path.join(home, 'runs', name), 'utf8')) as RecordedDump;
      assert.ok(validate(dump), JSON.stringify(validate.errors));
      for (const { source } of dump.anomalies) {
        if (!source) continue;
        assert.equal(
          sourceLine(source.path, source.line),
          source.text,
          'the example has changed since: make the dump anew',
        );
      }
    });
  }
});

test('the frames of the recorded logs are lines of the examples as they stand', () => {
  const logs = readdirSync(path.join(home, 'runs')).filter((name) => name.endsWith('.log'));
  const frame = /File "(?:\/home\/ada\/project\/examples\/)?(\w+\.py)", line (\d+), in .*\n\S*\s+(.+)/g;
  const seen = logs.flatMap((log) =>
    [...readFileSync(path.join(home, 'runs', log), 'utf8').matchAll(frame)].map(([, file = '', line, code]) => {
      assert.equal(sourceLine(file, Number(line)), code, `${log} names ${file}:${line}: record it anew`);
      return file;
    }),
  );
  assert.ok(new Set(seen).size >= 6, [...new Set(seen)].join(' '));
});

function sourceLine(file: string, line: number): string | undefined {
  return readFileSync(path.join(home, file), 'utf8').split('\n')[line - 1]?.trim();
}

interface RecordedDump {
  readonly anomalies: readonly { readonly source?: { path: string; line: number; text: string } }[];
}

/** Rows of the README's first table: the script's name, and what its last column says NaN Lens finds. */
function readTable(readme: string): Map<string, string[]> {
  const rows = readme.matchAll(/^\| \[([\w.]+)\]\(\1\) \|.*\| ([^|]+) \|$/gm);
  return new Map([...rows].map(([, name = '', says = '']) => [name, says === 'nothing yet' ? [] : says.split(', ')]));
}

function findings(folder: string): Map<string, string[]> {
  const byFile = new Map<string, string[]>();
  const { findings: all, failed } = check(folder, '.');
  assert.deepEqual(failed, []);
  for (const { path: file, code, start, cell } of all) {
    const name = path.basename(file);
    const where = cell === null ? `line ${start.line}` : `line ${start.line} of cell ${cell}`;
    byFile.set(name, [...(byFile.get(name) ?? []), `${code} in ${where}`]);
  }
  return byFile;
}

async function runExamples(folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const scripts = names.filter((name) => !name.startsWith('ddp_'));
  const files = new Map(
    scripts.map((name) => [name, name.endsWith('.ipynb') ? asScript(folder, name) : path.join(folder, name)]),
  );
  const runs = await runScripts([...files.values()], ['torch', 'torch._dynamo', 'keras']);
  const outputs = new Map(
    [...files].map(([name, file]) => {
      const run = runs.get(file);
      return [name, `${run?.stdout}\n${run?.stderr}`];
    }),
  );
  for (const name of names)
    if (name.startsWith('ddp_')) outputs.set(name, await runDistributed(path.join(folder, name)));
  return outputs;
}

/** The code cells of a notebook, one after the other, as a script of their own. */
function asScript(folder: string, name: string): string {
  const notebook = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  const code = notebook.cells
    .filter((cell) => cell.cell_type === 'code')
    .map((cell) => (Array.isArray(cell.source) ? cell.source.join('') : cell.source));
  const file = path.join(scratch, `${path.basename(folder)}-${name}.py`);
  writeFileSync(file, `${code.join('\n\n')}\n`);
  return file;
}

async function runDistributed(file: string): Promise<string> {
  const launcher = ['-m', 'torch.distributed.run', '--nproc-per-node', '2', file];
  const run = spawn(python(), launcher, { env: { ...process.env, OMP_NUM_THREADS: '1' }, timeout: 120_000 });
  const [stdout, stderr] = await Promise.all([text(run.stdout), text(run.stderr), once(run, 'close')]);
  return `${stdout}\n${stderr}`;
}
