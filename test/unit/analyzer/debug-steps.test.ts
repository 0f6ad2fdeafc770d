// Debugging steps: what each changes in scripts of each framework, and that taking it out leaves the same bytes.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { Analyzer } from '../../../src/analyzer/analyzer';
import { removeStep } from '../../../src/analyzer/debug-steps/remove';
import { DEBUG_STEPS, type DebugStep, MARKS, type StepEdits } from '../../../src/analyzer/debug-steps/step';
import { applyEdits, checkEdits } from '../../../src/text/edit';
import { compileErrors } from '../checkpoints/checkpointing';
import { binaries } from '../syntax/python-parser';

let analyzer: Analyzer;
before(async () => {
  analyzer = await Analyzer.create(binaries);
});

interface Tried extends StepEdits {
  readonly text: string;
}

function tried(source: string, step: DebugStep): Tried {
  const result = analyzer.tryStep(source, step);
  assert.equal(checkEdits(result.edits, source.length), undefined);
  const text = applyEdits(source, result.edits);
  assert.equal(applyEdits(text, removeStep(text, step).edits), source, 'the same bytes again');
  return { ...result, text };
}

/** The lines of the script that differ, without the helper. */
function changes(source: string, step: DebugStep): string[] {
  const { text } = tried(source, step);
  const old = new Set(source.split('\n'));
  return text.split('\n').filter((line) => !old.has(line) && !line.endsWith(MARKS[step]));
}

const LOOP = `import torch
from torch import nn

model = nn.Linear(4, 3)
optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
criterion = nn.CrossEntropyLoss(ignore_index=-1)
scaler = torch.amp.GradScaler()
for epoch in range(3):
    for i, (x, y) in enumerate(tqdm(loader, desc="a, (b")):
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16,):
            loss = criterion(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
`;

describe('a loop of PyTorch', () => {
  for (const [step, expected] of Object.entries({
    oneBatch: ['    for i, (x, y) in enumerate(tqdm(_nanlens_one_batch(loader), desc="a, (b")):'],
    labels: ['            loss = criterion(*_nanlens_labels("classes", -1, model(x), y))'],
    learningRate: ['optimizer = torch.optim.AdamW(model.parameters(), lr=_nanlens_lower_rate(args.lr))'],
    fullPrecision: [
      'scaler = torch.amp.GradScaler(enabled=_nanlens_full_precision(None, False))',
      '        with torch.autocast("cuda", dtype=torch.float16, enabled=_nanlens_full_precision(None, False),):',
    ],
  } satisfies Record<DebugStep, string[]>)) {
    test(step, () => assert.deepEqual(changes(LOOP, step as DebugStep), expected));
  }

  test('with other line ends, tabs and a byte order mark', () => {
    for (const step of DEBUG_STEPS) {
      for (const text of [
        LOOP.replaceAll('\n', '\r\n'),
        LOOP.replaceAll('    ', '\t'),
        `\ufeff${LOOP}`,
        LOOP.trimEnd(),
      ]) {
        assert.ok(tried(text, step).changed.length > 0, step);
      }
    }
  });

  test('all steps at once, taken out in any order', () => {
    let text = LOOP;
    for (const step of DEBUG_STEPS) text = applyEdits(text, analyzer.tryStep(text, step).edits);
    assert.deepEqual(compileErrors([text]), [null]);
    for (const step of ['labels', 'fullPrecision', 'oneBatch', 'learningRate'] as const) {
      text = applyEdits(text, removeStep(text, step).edits);
    }
    assert.equal(text, LOOP);
  });

  test('a step that is there already is not tried again', () => {
    const { text } = tried(LOOP, 'oneBatch');
    assert.deepEqual(analyzer.tryStep(text, 'oneBatch').edits, []);
  });
});

describe('the switches of others', () => {
  test('Hugging Face', () => {
    const source = `from transformers import Trainer, TrainingArguments
args = TrainingArguments("out", fp16=True, learning_rate=2e-5, max_steps=1000)
trainer = Trainer(model=model, args=args, train_dataset=data["train"])
trainer.train()
`;
    assert.deepEqual(changes(source, 'oneBatch'), [
      'args = TrainingArguments("out", fp16=True, learning_rate=2e-5, max_steps=_nanlens_one_batch(1000, 50))',
      'trainer = Trainer(model=model, args=args, train_dataset=_nanlens_one_batch(data["train"], "examples"))',
    ]);
    assert.deepEqual(changes(source, 'fullPrecision'), [
      'args = TrainingArguments("out", fp16=_nanlens_full_precision(True, False), learning_rate=2e-5, max_steps=1000)',
    ]);
    assert.deepEqual(changes(source, 'learningRate'), [
      'args = TrainingArguments("out", fp16=True, learning_rate=_nanlens_lower_rate(2e-5), max_steps=1000)',
    ]);
    assert.match(tried(source, 'labels').problems[0] ?? '', /inside the library/);
  });

  test('Lightning', () => {
    const source = 'import lightning as L\ntrainer = L.Trainer(precision="16-mixed")\ntrainer.fit(model)\n';
    assert.deepEqual(changes(source, 'oneBatch'), [
      'trainer = L.Trainer(precision="16-mixed", overfit_batches=_nanlens_one_batch(None, 1))',
    ]);
    assert.deepEqual(changes(source, 'fullPrecision'), [
      'trainer = L.Trainer(precision=_nanlens_full_precision("16-mixed", 32))',
    ]);
  });

  test('Keras', () => {
    const source = `import keras
keras.mixed_precision.set_global_policy("mixed_float16")
model.compile(keras.optimizers.SGD(learning_rate=0.1), "mse")
model.fit(x_train, y=labels, epochs=5)
`;
    assert.deepEqual(changes(source, 'oneBatch'), [
      'model.fit(_nanlens_one_batch(x_train, "examples"), y=_nanlens_one_batch(labels, "examples"), epochs=5)',
    ]);
    assert.deepEqual(changes(source, 'learningRate'), [
      'model.compile(keras.optimizers.SGD(learning_rate=_nanlens_lower_rate(0.1)), "mse")',
    ]);
    assert.deepEqual(changes(source, 'fullPrecision'), [
      'keras.mixed_precision.set_global_policy(_nanlens_full_precision("mixed_float16", "float32"))',
    ]);
  });

  test('casts to half', () => {
    const source = `import torch
model = Net().cuda().half()
x = x.to(torch.float16)
y = torch.zeros(3, dtype=torch.half)
`;
    assert.deepEqual(changes(source, 'fullPrecision'), [
      'model = _nanlens_full_precision(Net().cuda().half, "float")()',
      'x = x.to(_nanlens_full_precision(torch.float16, torch.float32))',
      'y = torch.zeros(3, dtype=_nanlens_full_precision(torch.half, torch.float32))',
    ]);
  });
});

describe('where nothing can be done, words say what to write', () => {
  for (const [name, step, source, words] of [
    [
      'a while loop',
      'oneBatch',
      'import torch\nwhile True:\n    loss = f()\n    loss.backward()\n    optimizer.step()\n',
      /while loop: draw one batch/,
    ],
    [
      'a counting loop',
      'oneBatch',
      'import torch\nfor step in range(9):\n    loss = f()\n    loss.backward()\n    optimizer.step()\n',
      /counts steps/,
    ],
    ['no loop', 'oneBatch', 'import torch\n', /no training loop/],
    ['no rate', 'learningRate', 'import torch\no = torch.optim.Adam(p)\n', /line 2: Adam is given no learning rate/],
    ['no half', 'fullPrecision', 'import torch\n', /nothing in this file asks/],
    ['no loss', 'labels', 'import torch\n', /no loss of PyTorch/],
  ] as const) {
    test(name, () => {
      const { edits, problems } = analyzer.tryStep(source, step);
      assert.deepEqual(edits, []);
      assert.match(problems[0] ?? '', words);
    });
  }
});

test('the examples with each step are Python still, and themselves again afterwards', () => {
  const names = readdirSync('examples').filter((name) => name.endsWith('.py'));
  const texts = names.flatMap((name) => {
    const source = readFileSync(`examples/${name}`, 'utf8');
    return DEBUG_STEPS.map((step) => tried(source, step).text);
  });
  assert.deepEqual(compileErrors(texts).filter(Boolean), []);
});
