// A person writes a training script: the squiggle comes while typing, the light bulb mends it, checks and the recorder go in
// and out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorkbench } from '../harness/use-workbench';
import type { Workbench } from '../harness/workbench';

let workbench: Workbench;
useWorkbench((opened) => {
  workbench = opened;
});

const beforeLog = [
  'import torch',
  '',
  '',
  'def entropy(logits):',
  '    probs = torch.softmax(logits, dim=-1)',
  '',
].join('\n');
const risky = '    return -(probs * torch.log(probs)).sum(-1)';

test('a squiggle appears while typing, and the light bulb mends it', async () => {
  workbench.writeFile('loss.py', `${beforeLog}\n`);
  await workbench.openFile('loss.py');
  await workbench.goTo(6);
  await workbench.type(risky);
  await workbench.waitForCursor(6, risky.length + 1);
  await workbench.squiggles('warning').first().waitFor();
  await workbench.screenshot('squiggle-while-typing');

  const problems = await workbench.problems(/NAN101/);
  assert.ok(
    problems.some((row) => /NaN Lens/.test(row)),
    `the problem names its source: ${problems.join(' | ')}`,
  );
  await workbench.screenshot('problems');

  await workbench.focusEditor();
  await workbench.goTo(6, risky.indexOf('torch.log') + 2);
  const titles = await workbench.openLightBulb();
  await workbench.screenshot('light-bulb');
  const fix = titles.find((title) => /log_softmax|clamp|eps/i.test(title));
  assert.ok(fix, `a fix is offered among: ${titles.join(' | ')}`);
  await workbench.pickCodeAction(fix);
  await workbench.squiggles('warning').first().waitFor({ state: 'detached' });
  await workbench.save();
  await workbench.screenshot('mended');
  assert.ok(!workbench.readFile('loss.py').includes(risky), 'the fix has changed the line');
});

test('checks are inserted and removed through the command palette, and leave no trace', async () => {
  const model = [
    'import torch',
    'from torch import nn',
    '',
    '',
    'class Classifier(nn.Module):',
    '    def __init__(self) -> None:',
    '        super().__init__()',
    '        self.encoder = nn.Linear(8, 8)  # keeps its width',
    '        self.head = nn.Linear(8, 3)',
    '',
    '    def forward(self, x: torch.Tensor) -> torch.Tensor:',
    '        hidden = torch.relu(self.encoder(x))',
    '        return self.head(hidden)',
    '',
  ].join('\r\n');
  workbench.writeFile('model.py', model);
  await workbench.openFile('model.py');
  await workbench.goTo(12, 9);
  await workbench.runCommand('NaN Lens: Insert Finite Checks…');
  await workbench.answer(/forward/);
  await workbench.answer(/raise/i);
  await workbench.until('the editor is changed', () => workbench.isDirty());
  await workbench.save();
  await workbench.screenshot('checks-inserted');
  const withChecks = workbench.readFile('model.py');
  assert.match(withChecks, /isfinite|is_finite/, 'a check stands in the file');
  assert.ok(withChecks.length > model.length);

  await workbench.runCommand('NaN Lens: Remove Finite Checks');
  await workbench.until('the editor is changed', () => workbench.isDirty());
  await workbench.save();
  await workbench.screenshot('checks-removed');
  assert.equal(workbench.readFile('model.py'), model);
});

test('the recorder goes into a training script and out again through the command palette', async () => {
  const script = [
    'import torch',
    'from torch import nn',
    '',
    'model = nn.Linear(4, 1)',
    'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)',
    'loader = [torch.randn(8, 4) for _ in range(10)]',
    'for epoch in range(2):',
    '    for batch in loader:',
    '        loss = model(batch).pow(2).mean()',
    '        optimizer.zero_grad()',
    '        loss.backward()',
    '        optimizer.step()',
    '',
  ].join('\n');
  workbench.writeFile('train.py', script);
  await workbench.openFile('train.py');
  await workbench.runCommand('NaN Lens: Add Recorder to This Script');
  await workbench.until('the editor is changed', () => workbench.isDirty());
  await workbench.save();
  await workbench.screenshot('recorder-added');
  const recorded = workbench.readFile('train.py');
  assert.match(recorded, /^import nanlens {2}# nanlens: recorder$/m);
  assert.match(recorded, /for batch in rec\.watch\(loader\):/);
  assert.match(workbench.readFile('nanlens.py'), /^"""NaN Lens recorder/);

  await workbench.runCommand('NaN Lens: Remove Recorder from This Script');
  await workbench.until('the editor is changed', () => workbench.isDirty());
  await workbench.save();
  assert.equal(workbench.readFile('train.py'), script);
});
