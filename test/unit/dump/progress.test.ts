// Which step failed: the one after the last that was printed, and nothing where the prints do not say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanLine, noHints } from '../../../src/dump/log/prefix';
import { Progress, placeAfter } from '../../../src/dump/log/progress';

function after(prints: readonly string[], rank: number | null = null) {
  const progress = new Progress();
  prints.forEach((text, i) => {
    for (const line of cleanLine(i + 1, text, true, noHints)) progress.observe(line);
  });
  return placeAfter(progress.point(rank));
}

const range = (from: number, to: number, stride = 1) =>
  Array.from({ length: Math.ceil((to - from) / stride) }, (_, i) => from + i * stride);

test('each step is printed: the next one fails', () => {
  for (const last of range(1, 30)) {
    const prints = range(0, last + 1).map((step) => `step ${step} loss 0.5`);
    assert.deepEqual(after(prints), { step: last + 1, epoch: null, batch: null });
  }
});

test('only some steps are printed, or one alone: the failing one is not known', () => {
  for (const stride of [2, 5, 100]) {
    assert.equal(after(range(0, 1000, stride).map((step) => `step ${step} loss 0.5`)).step, null);
  }
  assert.equal(after(['step 0 loss 0.5']).step, null);
  assert.equal(after(['no step here']).step, null);
});

test('steps that begin anew in each epoch', () => {
  const epoch = (number: number, steps: number) =>
    range(0, steps).map((step) => `epoch=${number} step=${step} loss=1.5`);
  assert.deepEqual(after([...epoch(0, 8), ...epoch(1, 3)]), { step: 3, epoch: 1, batch: null });
  assert.deepEqual(after([...epoch(0, 8), ...epoch(1, 8)]), { step: 0, epoch: 2, batch: null });
  assert.deepEqual(after(epoch(0, 3)), { step: 3, epoch: 0, batch: null });
});

test('steps that go on counting through the epochs', () => {
  const prints = range(0, 30).map((step) => `epoch ${Math.floor(step / 10)} iteration ${step}: loss 0.5`);
  assert.deepEqual(after(prints), { step: 30, epoch: 2, batch: null });
});

test('epochs: announced before, or reported after', () => {
  assert.deepEqual(after(['Epoch 1/4', 'Epoch 2/4']), { step: null, epoch: 2, batch: null });
  assert.deepEqual(after(['Epoch 1/4 - loss: 2.0', 'Epoch 2/4 - loss: 1.0']), { step: null, epoch: 3, batch: null });
  assert.deepEqual(after(['Epoch 1/4 - loss: 2.0']), { step: null, epoch: null, batch: null });
});

test('batches are batches, not steps', () => {
  assert.deepEqual(after(['batch 4 loss 1.0', 'batch 5 loss 1.0']), { step: null, epoch: null, batch: 6 });
});

test('each rank counts for itself', () => {
  const prints = [
    '[rank0]: step 0 loss 1.0',
    '[rank1]: step 0 loss 1.0',
    '[rank0]: step 1 loss 1.0',
    '[rank0]: step 2 loss 1.0',
    '[rank1]: step 1 loss 1.0',
  ];
  assert.equal(after(prints, 0).step, 3);
  assert.equal(after(prints, 1).step, 2);
});

test('a bar drawn after a print says which step that was', () => {
  const progress = new Progress();
  const lines = [
    "{'loss': 2.0, 'epoch': 0.1}",
    ' 8%|▊    | 5/60 [00:00<00:00, 72.17it/s]',
    "{'loss': nan, 'epoch': 0.2}",
    ' 17%|█▋   | 10/60 [00:00<00:00, 72.17it/s]',
  ];
  lines.forEach((text, i) => {
    for (const line of cleanLine(i + 1, text, true, noHints)) progress.observe(line);
  });
  const loss = progress.allSeries().find(({ name }) => name === 'loss');
  assert.deepEqual(loss?.steps, [5, 10]);
  assert.deepEqual(loss?.values, [2, Number.NaN]);
});

test('a bar that names its epoch tells which one runs', () => {
  const bar = (epoch: number, done: number) => `Epoch ${epoch}: ${done * 10}%|#   | ${done}/10 [00:01<00:02, 9.1it/s]`;
  assert.deepEqual(after([bar(0, 0), bar(0, 4)]), { step: null, epoch: 0, batch: null });
  assert.deepEqual(after([bar(0, 9), bar(0, 10), bar(1, 3)]), { step: null, epoch: 1, batch: null });
  // Drawn whole: what fails comes after it.
  assert.deepEqual(after([bar(0, 10)]), { step: null, epoch: null, batch: null });
});
