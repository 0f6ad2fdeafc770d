// Debugging steps in the real frameworks: a script with a step runs and does what the step says.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Analyzer } from '../../src/analyzer/analyzer';
import { removeStep } from '../../src/analyzer/debug-steps/remove';
import type { DebugStep } from '../../src/analyzer/debug-steps/step';
import { applyEdits } from '../../src/text/edit';
import { binaries } from '../unit/syntax/python-parser';
import { python } from './python-runs';

const scratch = mkdtempSync(path.join(tmpdir(), 'nanlens-steps-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

let analyzer: Analyzer;
before(async () => {
  analyzer = await Analyzer.create(binaries);
});

function run(source: string, step: DebugStep): { status: number | null; stdout: string; stderr: string } {
  const { edits, problems } = analyzer.tryStep(source, step);
  assert.notEqual(edits.length, 0, problems.join('; '));
  const text = applyEdits(source, edits);
  assert.equal(applyEdits(text, removeStep(text, step).edits), source);
  const file = path.join(scratch, 'script.py');
  writeFileSync(file, text);
  return spawnSync(python(), [file], { encoding: 'utf8', cwd: scratch });
}

/** @param targets what the labels are, as Python */
function classifier(targets: string, scores = 'model(x)'): string {
  return `import torch
from torch import nn
torch.manual_seed(0)
model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
loader = [(torch.randn(8, 4), ${targets}) for _ in range(5)]
for epoch in range(3):
    seen = set()
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = ${scores}
            print("dtype", scores.dtype)
        loss = nn.functional.cross_entropy(scores.float(), y)
        loss.backward()
        optimizer.step()
        seen.add(x.sum().item())
        print("loss", loss.item(), "rate", optimizer.param_groups[0]["lr"])
    print("epoch", epoch, "batches", len(seen))
`;
}

const sound = classifier('torch.randint(0, 3, (8,))');

test('one batch: the same for 50 steps, its loss falls, and the script ends after that epoch', () => {
  const { stdout, stderr } = run(sound, 'oneBatch');
  const losses = [...stdout.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
  assert.equal(losses.length, 50, stderr);
  assert.ok((losses.at(-1) ?? 9) < (losses[0] ?? 0) / 2);
  assert.match(stdout, /epoch 0 batches 1\n$/);
  assert.match(stderr, /one batch was tried, as asked/);
});

test('a tenth of the rate', () => {
  const { stdout, status } = run(sound, 'learningRate');
  assert.equal(status, 0);
  assert.match(stdout, /rate 0\.05\n/);
});

test('full precision', () => {
  assert.doesNotMatch(run(sound, 'fullPrecision').stdout, /bfloat16/);
  const cast = `import torch\nnet = torch.nn.Linear(2, 2).half()\nx = torch.ones(1, 2).to(torch.float16)\nprint(net(x).dtype)\n`;
  assert.equal(run(cast, 'fullPrecision').stdout, 'torch.float32\n');
});

describe('labels', () => {
  test('that fit change nothing', () => {
    const { status, stdout, stderr } = run(sound, 'labels');
    assert.equal(status, 0, stderr);
    writeFileSync(path.join(scratch, 'plain.py'), sound);
    assert.equal(stdout, spawnSync(python(), [path.join(scratch, 'plain.py')], { encoding: 'utf8' }).stdout);
  });
  for (const [name, source, message] of [
    ['out of range', classifier('torch.tensor([0, 1, 2, 3, 0, 1, 2, 0])'), /label 3 is not in 0\.\.2, and not -100/],
    ['of another dtype', classifier('torch.zeros(8, dtype=torch.int32)'), /class ids have to be int64/],
    ['of another shape', classifier('torch.zeros(8, 1, dtype=torch.int64)'), /one label for each row/],
    [
      'with scores that are not finite',
      classifier('torch.zeros(8, dtype=torch.int64)', 'model(x) / 0'),
      /scores hold NaN or Inf/,
    ],
  ] as const) {
    test(name, () => {
      const { status, stderr } = run(source, 'labels');
      assert.equal(status, 1);
      assert.match(stderr, message);
    });
  }
  test('ignored ones may be there', () => {
    const { status, stderr } = run(classifier('torch.tensor([0, 1, -100, 2, 0, 1, 2, 0])'), 'labels');
    assert.equal(status, 0, stderr);
  });
  test('of regression that would broadcast', () => {
    const source = `import torch\nfrom torch import nn\nloss = nn.MSELoss()(torch.ones(8, 1), torch.ones(8))\n`;
    assert.match(run(source, 'labels').stderr, /different shapes, and broadcasting/);
  });
});

test('Keras learns the first eight rows', () => {
  const source = `import keras, numpy as np
model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(learning_rate=0.01), "mse")
x = np.ones((100, 2), dtype="float32")
y = np.ones(100, dtype="float32")
history = model.fit(x, y, epochs=2, batch_size=4, verbose=1)
`;
  const { stdout, stderr, status } = run(source, 'oneBatch');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /2\/2/);
});

test('an example that breaks goes on to break on one batch, where it did from the first', () => {
  const { stdout } = run(readFileSync('examples/usual_culprits.py', 'utf8'), 'oneBatch');
  assert.match(stdout, /step 0 loss nan/);
});
