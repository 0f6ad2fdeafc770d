// Sentences of trainers and checks, each alone in a log: what is made of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSource } from '../../../src/dump/byte-source';
import type { Dump } from '../../../src/dump/model';
import { openDump } from '../../../src/dump/open';

async function read(text: string): Promise<Dump> {
  const source = bytesSource('log', new TextEncoder().encode(text));
  return (await openDump(source, new AbortController().signal)).dump;
}

const told: readonly (readonly [line: string, expected: Readonly<Record<string, unknown>>])[] = [
  [
    'Monitored metric val_loss = inf is not finite. Previous best value was 0.412. Signaling Trainer to stop.',
    { kind: 'metric-nonfinite', metric: 'val_loss', value: 'inf' },
  ],
  [
    'Detected nan and/or inf values in `encoder.0.weight`. Check your forward pass for numerically unstable operations.',
    { kind: 'grad-nonfinite', param: 'encoder.0.weight' },
  ],
  [
    'Monitored metric coco/bbox_mAP = nan is infinite. Previous best value was 0.310.',
    { kind: 'metric-nonfinite', metric: 'coco/bbox_mAP', value: 'nan' },
  ],
  [
    'FloatingPointError: Predicted boxes or scores contain Inf/NaN. Training has diverged.',
    { kind: 'nan-forward', value: 'nonfinite' },
  ],
  ["TerminateOnNan: Output '{'loss': nan}' contains NaN or Inf. Stop training", { kind: 'loss-nan', value: 'nan' }],
  ['The grad norm is nan. Skipping updating the model.', { kind: 'grad-nonfinite', value: 'nan' }],
  ['RuntimeError: Train loss contains a NaN.', { kind: 'loss-nan', value: 'nan' }],
  ['ValueError: nan loss encountered', { kind: 'loss-nan', value: 'nan' }],
  ['Loss is inf, stopping training', { kind: 'loss-inf', value: 'inf' }],
  [
    "Rank 3, node gpu-1, device 3, iteration 57: Unexpected result nan (message='found NaN in local forward loss calculation')",
    { kind: 'loss-nan', rank: 3, step: 57 },
  ],
  [
    'Rank 2: found NaN in local grad norm in backward pass before data-parallel communication collective. Device: 2, node: n7',
    { kind: 'grad-nonfinite', rank: 2 },
  ],
  [
    '(PreconditionNotMet) There are NAN or INF (num_nan=0, num_inf=4, num_zero=0) in [device=gpu:0, op=divide, tensor=, dtype=fp32].',
    { kind: 'inf-forward', op: 'divide', value: 'inf' },
  ],
  [
    "ValueError: Input X contains infinity or a value too large for dtype('float64').",
    { kind: 'input-nan', value: 'inf', param: 'X' },
  ],
  ['ValueError: The parameter scale has invalid values', { kind: 'invalid-argument', param: 'scale' }],
  [
    'Utils.cu:15: checkForNaN: block: [0,0,0], thread: [3,0,0] Assertion `!isnan(val)` failed.',
    { kind: 'invalid-argument', value: 'nan' },
  ],
  [
    '../aten/src/ATen/native/cuda/TensorCompare.cu:106: _assert_async_cuda_kernel: block: [0,0,0], thread: [0,0,0] Assertion `probability tensor contains either `inf`, `nan` or element < 0` failed.',
    { kind: 'invalid-argument', op: 'multinomial' },
  ],
  ['FloatingPointError: gradients are Nan/Inf', { kind: 'grad-nonfinite', value: 'nonfinite' }],
  [
    'NaN detected in output of encoder.layers.0.fc1, shape: torch.Size([2, 3]), backward',
    { kind: 'nan-backward', module: 'encoder.layers.0.fc1' },
  ],
];

for (const [line, expected] of told) {
  test(`is understood: ${line.slice(0, 70)}`, async () => {
    const { anomalies } = await read(`starting\n${line}\n`);
    assert.equal(anomalies.length, 1);
    const [first] = anomalies;
    for (const [field, value] of Object.entries(expected)) {
      assert.deepEqual(first?.[field as keyof typeof first], value, field);
    }
    assert.equal(first?.message, line);
  });
}

const silent = [
  'Trainer will stop if the loss is not finite (check_finite=True)',
  'EarlyStopping: monitored metric val_loss = 0.31 is finite',
  'AssertionError: No inf checks were recorded for this optimizer.',
  '| image scale 4 | loss 0.5\n| image scale 2 | loss 0.4\n| image scale 1 | loss 0.3',
  'Warning NaN! is printed in red by this tool',
  'Expected parameter scale (Tensor of shape (2,)) of distribution Normal(loc: torch.Size([2]), scale: torch.Size([2])) to satisfy the constraint GreaterThan(lower_bound=0.0), but found invalid values:\ntensor([-1.0, 2.0])',
  "{'loss': 0.0, 'grad_norm': 0.5, 'learning_rate': 1e-05, 'epoch': 0.1}",
  'aten::mm(t$0: f32[2, 2], t$1: f32[2, 2])  ->  t$2: f32[2, 2]',
];

for (const text of silent) {
  test(`says nothing: ${text.slice(0, 70)}`, async () => {
    const { anomalies, verdict } = await read(`${text}\n`);
    assert.deepEqual(anomalies, [], verdict.sentence);
  });
}
