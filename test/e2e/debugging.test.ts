// A person wants the debugger to stop at the first NaN: the breakpoints stand in the margin, not in the file, and go again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorkbench } from '../harness/use-workbench';
import type { Workbench } from '../harness/workbench';

let workbench: Workbench;
useWorkbench((opened) => {
  workbench = opened;
});

const script = `import torch


def loss_of(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    logs = torch.log(probs)
    return -(targets * logs).sum(-1).mean()


def unused(x):
    return torch.sqrt(x)
`;

test('breakpoints on the first NaN of a function come into the margin, and go by command', async () => {
  workbench.writeFile('debug/loss.py', script);
  await workbench.openFile('debug/loss.py');
  await workbench.goTo(6, 5);
  await workbench.runCommand('NaN Lens: Break on First NaN…');
  await workbench.answer('Function loss_of');
  const marks = workbench.editor.locator('[class*="codicon-debug-breakpoint"]');
  await workbench.until('two marks stand in the margin', async () => (await marks.count()) === 2);
  await workbench.page.keyboard.press('Control+Shift+D');
  const row = workbench.page.locator('.debug-breakpoints .monaco-list-row').filter({ hasText: 'loss.py' });
  await row.first().waitFor();
  await workbench.screenshot('nan-breakpoints');
  assert.equal(await row.count(), 2);
  assert.equal(await workbench.isDirty(), false, 'the file is as it was');

  // The command takes away what is switched off in the list too.
  await row.first().locator('input[type="checkbox"], .monaco-checkbox').first().click();
  await workbench.editor.locator('[class*="codicon-debug-breakpoint"][class*="-disabled"]').first().waitFor();
  await workbench.runCommand('NaN Lens: Remove NaN Breakpoints');
  await workbench.until('no mark is left', async () => (await marks.count()) === 0);
  assert.equal(workbench.readFile('debug/loss.py'), script);
});
