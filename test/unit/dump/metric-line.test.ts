// Training prints of many scripts: where in the run they are, and their named numbers; and lines that are none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetricLine } from '../../../src/dump/log/metric-line';
import { cleanLine, noHints } from '../../../src/dump/log/prefix';

function read(text: string) {
  const [line] = cleanLine(1, text, true, noHints);
  return line === undefined ? null : readMetricLine(line);
}

type Expected = { step?: number; epoch?: number; batch?: number; values: Record<string, number> };

const prints: readonly [string, Expected][] = [
  ['step 3 loss nan', { step: 3, values: { loss: Number.NaN } }],
  ['step=10 loss=2.8897', { step: 10, values: { loss: 2.8897 } }],
  ['step   0 | loss     0.6377 | scale 2097152.0', { step: 0, values: { loss: 0.6377, scale: 2097152 } }],
  [
    'it   4 | loss inf | grad_norm -inf',
    { step: 4, values: { loss: Number.POSITIVE_INFINITY, grad_norm: Number.NEGATIVE_INFINITY } },
  ],
  ['epoch 3 iteration 224: loss 1.0591', { epoch: 3, step: 224, values: { loss: 1.0591 } }],
  ['Epoch 1/12 - cost: nan - acc: 0.410', { epoch: 1, values: { cost: Number.NaN, acc: 0.41 } }],
  ['Epoch [3/10], Step [20/40], Loss: 0.3100', { epoch: 3, step: 20, values: { Loss: 0.31 } }],
  [
    'Epoch: [0] [ 15/40]  eta: 0:00:25  lr: 0.000100  loss: 3.3807 (3.0366)',
    { epoch: 0, step: 15, values: { lr: 0.0001, loss: 3.3807 } },
  ],
  ['Train Epoch: 1 [640/60000 (1%)]\tLoss: 102.537010', { epoch: 1, step: 640, values: { Loss: 102.53701 } }],
  [
    "{'loss': '8.296', 'grad_norm': 'nan', 'learning_rate': '0.02', 'epoch': '0.9375'}",
    { epoch: 0.9375, values: { loss: 8.296, grad_norm: Number.NaN, learning_rate: 0.02 } },
  ],
  ["{'loss': 0.0, 'grad_norm': nan, 'epoch': 2.0}", { epoch: 2, values: { loss: 0, grad_norm: Number.NaN } }],
  [
    'epoch 001:      6 / 40 loss=2.471, ppl=5.54, num_updates=6, gnorm=inf',
    { epoch: 1, step: 6, values: { loss: 2.471, ppl: 5.54, gnorm: Number.POSITIVE_INFINITY } },
  ],
  ['iter 1 nan', { step: 1, values: { value: Number.NaN } }],
  ['7 0.27800214290618896 -13.2', { step: 7, values: { value: 0.27800214290618896 } }],
  ['| update   3 | pi_loss -0.01009 | reward -2.2542 |', { step: 3, values: { pi_loss: -0.01009, reward: -2.2542 } }],
  ['[25/300] contrastive loss 0.0063', { step: 25, values: { 'contrastive loss': 0.0063 } }],
  ['  8%|▊   | 5/60 [00:00<00:00, 72.17it/s, loss=nan, v_num=3]', { step: 5, values: { loss: Number.NaN, v_num: 3 } }],
  ['batch 7: train/loss=tensor(nan, device="cuda:0")', { batch: 7, values: { 'train/loss': Number.NaN } }],
  ['step 12 loss np.float32(1.5)', { step: 12, values: { loss: 1.5 } }],
  [
    ' [2024-01-01 00:00:00] iteration       3/     100 | lm loss: 1.05E+01 | grad norm: nan |',
    { step: 3, values: { 'lm loss': 10.5, 'grad norm': Number.NaN } },
  ],
];

test('prints of a training loop', () => {
  for (const [text, { step, epoch, batch, values }] of prints) {
    const metric = read(text);
    assert.ok(metric, text);
    assert.deepEqual([metric.step, metric.epoch, metric.batch], [step ?? null, epoch ?? null, batch ?? null], text);
    assert.deepEqual(
      Object.fromEntries(metric.values.map(({ name, value }) => [name ?? 'value', value])),
      values,
      text,
    );
  }
});

test('lines that are no training print', () => {
  const others = [
    '',
    'dropping rows with nan labels: 0 dropped',
    "Loading tokenizer 'nano-banana-inference' from ./models/finance_nan_filter",
    'INFO: info logging enabled; infinite dataloader: on; inf_nan_filter=True',
    '  File "/home/ada/train.py", line 40, in <module>',
    '/venv/lib/python3.11/site-packages/torch/autograd/graph.py:979: UserWarning: something',
    '    loss = loss_fn(logits, targets)',
    'RuntimeError: expected scalar type Float but found Half',
    '1 2 3',
    'seed: 1',
    'hidden tensor[2, 6] n=12 x∈[-1.25, 0.75] μ=0.1 σ=0.5',
    '02/28 07:15:00 INFO saved what was learned',
  ];
  for (const text of others) assert.equal(read(text), null, text);
});

test('a reason is no reading', () => {
  for (const text of ['step 4 | loss 0.5 | skipped: inf in grads', 'step 4 loss 0.5 (dropped: nan/inf found)']) {
    assert.deepEqual(
      read(text)?.values.map(({ name }) => name),
      ['loss'],
      text,
    );
  }
  assert.deepEqual(read('step 4 | loss: inf in all')?.values, [{ name: 'loss', value: Number.POSITIVE_INFINITY }]);
});
