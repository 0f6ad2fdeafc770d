// A node and its source line point to a rule only where they are sure.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainNode, forwardName } from '../../../src/dump/autograd-node';

test('the forward operation behind a node', () => {
  const names: readonly [string, string][] = [
    ['LogBackward0', 'log'],
    ['PowBackward1', 'pow'],
    ['LogSoftmaxBackward0', 'log_softmax'],
    ['LogCoshBackward', 'LogCosh'],
    ['torch::autograd::CopySlices', 'CopySlices'],
    ['struct torch::autograd::AccumulateGrad', 'AccumulateGrad'],
    ['CompiledFunctionBackward', 'CompiledFunction'],
  ];
  for (const [node, name] of names) assert.equal(forwardName(node), name);
});

test('rules where the node or the line is sure', () => {
  const sure: readonly [string, string | null, string][] = [
    ['LogBackward0', null, 'NAN101'],
    ['SqrtBackward0', 'd = x.sqrt()', 'NAN201'],
    ['DivBackward0', 'w / w.sum()', 'NAN102'],
    ['ExpBackward0', null, 'NAN104'],
    ['AcosBackward0', null, 'NAN105'],
    ['AbsBackward0', 'weight = t.abs().pow(0.5)', 'NAN201'],
    ['PowBackward0', 'return x ** 0.5', 'NAN201'],
    ['PowBackward0', 'y = x ** (1/3)', 'NAN106'],
    ['VarBackward0', 'std = h.var(dim=1).sqrt()', 'NAN201'],
    ['MulBackward0', 'torch.sqrt(a * (b - b)).sum()', 'NAN201'],
    ['LogBackward0', 'torch.where(x > 0, x.log(), 0.0)', 'NAN202'],
    ['MulBackward0', 'torch.log(p * q).sum()', 'NAN101'],
  ];
  for (const [node, line, rule] of sure) assert.deepEqual(explainNode(node, line).rules, [rule], `${node} ${line}`);
});

test('no rule where they are not', () => {
  const unsure: readonly [string, string | null][] = [
    ['PowBackward0', 'squared = (diff ** 2).sum(dim=-1)'],
    ['PowBackward0', null],
    ['MulBackward0', 'scores = q * (1 / math.sqrt(d))'],
    ['MulBackward0', 'bits = nats * np.log(2)'],
    ['MulBackward0', 'y = a * b  # was torch.sqrt(a * b)'],
    ['AddmmBackward0', 'h = self.linear(x)'],
    ['LogCoshBackward', 'return LogCosh.apply(h)'],
    ['CompiledFunctionBackward', 'loss = step(x)'],
  ];
  for (const [node, line] of unsure) assert.deepEqual(explainNode(node, line).rules, [], `${node} ${line}`);
});

test('where NaN was seen is not said to be where it was born', () => {
  assert.match(explainNode('PowBackward0', 'x ** 2').why ?? '', /first seen/);
  assert.match(
    explainNode('LogSoftmaxBackward0', 'loss = f(x, y)', ['forward', 'cross_entropy']).why ?? '',
    /forward pass/,
  );
  assert.equal(explainNode('CompiledFunctionBackward', null).why, null);
});
