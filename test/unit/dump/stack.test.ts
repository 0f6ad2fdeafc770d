// Stacks in every style of Python and IPython come out as the same frames, whatever stands between their lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUserPath } from '../../../src/dump/frames';
import { cleanLine, noHints } from '../../../src/dump/log/prefix';
import { type Stack, StackCollector } from '../../../src/dump/log/stack';
import { Random } from './random';

function collect(text: string): Stack[] {
  const stacks: Stack[] = [];
  const collector = new StackCollector((stack) => stacks.push(stack));
  text.split('\n').forEach((line, i) => {
    for (const cleaned of cleanLine(i + 1, line, true, noHints)) collector.line(cleaned);
  });
  collector.end();
  return stacks;
}

const places = (stack: Stack | undefined) =>
  stack?.frames.map(({ path, line, function: name, text }) => [path, line, name, text]);

const traceback = `Traceback (most recent call last):
  File "/home/ada/train.py", line 40, in <module>
    main()
  File "/home/ada/train.py", line 36, in main
    loss.backward()
    ^^^^^^^^^^^^^^^
RuntimeError: it broke`;

const expected = [
  ['/home/ada/train.py', 40, '<module>', 'main()'],
  ['/home/ada/train.py', 36, 'main', 'loss.backward()'],
];

test('a plain traceback', () => {
  const [stack] = collect(traceback);
  assert.deepEqual(places(stack), expected);
  assert.equal(stack?.exception, 'RuntimeError: it broke');
  assert.deepEqual([stack?.firstLine, stack?.lastLine, stack?.isComplete], [1, 7, true]);
});

test('the same with foreign lines anywhere between', () => {
  const foreign = [' 42%|████▏     | 42/100 [00:01<00:01, 33.1it/s]', 'step 3 loss 0.25', '', 'WARNING: slow disk'];
  const random = new Random(4);
  const lines = traceback.split('\n');
  for (let i = 0; i < 200; i++) {
    const mixed = [...lines];
    mixed.splice(1 + random.below(lines.length - 1), 0, random.pick(foreign));
    const [stack] = collect(mixed.join('\n'));
    assert.equal(stack?.exception, 'RuntimeError: it broke', mixed.join('\n'));
    assert.deepEqual(
      stack?.frames.map(({ line }) => line),
      [40, 36],
    );
  }
});

test('two ranks that write line by line at once', () => {
  const lines = traceback.split('\n');
  const mixed = lines.flatMap((line) => [`[rank0]: ${line}`, `[rank1]: ${line.replace('36', '37')}`]).join('\n');
  const stacks = collect(mixed);
  assert.deepEqual(
    stacks.map(({ rank, frames }) => [rank, frames.at(-1)?.line]),
    [
      [0, 36],
      [1, 37],
    ],
  );
});

test('frames without source, with a repeated call, and a chained exception', () => {
  const stacks = collect(`Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
  File "a.py", line 2, in f
  [Previous line repeated 996 more times]
RecursionError: maximum recursion depth exceeded

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 9
    raise TrainingFailed() from error
mylib.errors.TrainingFailed`);
  assert.deepEqual(
    stacks.map(({ exception, isChained }) => [exception, isChained]),
    [
      ['RecursionError: maximum recursion depth exceeded', false],
      ['mylib.errors.TrainingFailed', true],
    ],
  );
  assert.deepEqual(places(stacks[0]), [
    ['<stdin>', 1, '<module>', null],
    ['a.py', 2, 'f', null],
  ]);
});

test('a notebook, new and old', () => {
  const [fresh] = collect(`ValueError                                Traceback (most recent call last)
Cell In[3], line 8
      6 loss = net(x)
      7 opt.zero_grad()
----> 8 loss.backward()

Cell In[2], line 5, in step(x, y)
----> 5     return helper(x)

File ~/project/helper.py:12, in helper(x)
     11 def helper(x):
---> 12     raise ValueError("nan")

ValueError: nan`);
  assert.deepEqual(places(fresh), [
    ['Cell In[3]', 8, null, 'loss.backward()'],
    ['Cell In[2]', 5, 'step', 'return helper(x)'],
    ['~/project/helper.py', 12, 'helper', 'raise ValueError("nan")'],
  ]);
  const [old] = collect(`---------------------------------------------------------------------------
RuntimeError                              Traceback (most recent call last)
<ipython-input-7-0a1b2c3d> in <module>()
      1 for x in loader:
----> 2     step(x)

/usr/lib/python3.6/site-packages/torch/tensor.py in backward(self, gradient)
    100         """
--> 102         torch.autograd.backward(self)

RuntimeError: broke`);
  assert.deepEqual(places(old), [
    ['<ipython-input-7-0a1b2c3d>', 2, '<module>', 'step(x)'],
    ['/usr/lib/python3.6/site-packages/torch/tensor.py', 102, 'backward', 'torch.autograd.backward(self)'],
  ]);
});

test('a stack that is cut is said to be', () => {
  const lines = traceback.split('\n');
  const [headless] = collect(lines.slice(1).join('\n'));
  assert.deepEqual(
    [headless?.isComplete, headless?.heading, headless?.exception],
    [false, null, 'RuntimeError: it broke'],
  );
  const [endless] = collect(lines.slice(0, 4).join('\n'));
  assert.deepEqual([endless?.isComplete, endless?.exception], [false, null]);
});

test('whose code a file is', () => {
  const own = [
    'train.py',
    '/home/ada/torch_models/net.py',
    'C:\\Users\\Käthe Ada\\nan hunt\\losses.py',
    '/tmp/ipykernel_12/345.py',
    'Cell In[3]',
    '<stdin>',
    '<ipython-input-3-ab>',
    '/workspace/lib/model.py',
    '/kaggle/working/run',
  ];
  const foreign = [
    '/venv/lib/python3.11/site-packages/torch/_tensor.py',
    '/usr/lib/python3/dist-packages/numpy/x.py',
    '../../lib/python3.11/asyncio/events.py',
    'C:\\Python311\\Lib\\runpy.py',
    'C:\\Users\\a\\venv\\Lib\\site-packages\\torch\\x.py',
    '<frozen runpy>',
    '<string>',
    '/tmp/torchinductor_ada/ab/cab.py',
    '/src/pytorch/torch/nn/modules/module.py',
    '/venv/bin/torchrun',
    '<__array_function__ internals>',
  ];
  for (const path of own) assert.equal(isUserPath(path), true, path);
  for (const path of foreign) assert.equal(isUserPath(path), false, path);
});
