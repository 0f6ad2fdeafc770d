// A person asks what a value is and how to go about a NaN: the hover, the walkthrough, its sample, a step tried from it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorkbench } from '../harness/use-workbench';
import type { Workbench } from '../harness/workbench';

let workbench: Workbench;
useWorkbench((opened) => {
  workbench = opened;
});

const script = [
  'import torch',
  '',
  'model = torch.nn.Linear(4, 3)',
  'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)',
  'x = torch.randn(8, 4)',
  'p = torch.softmax(model(x), dim=-1)',
  'loss = -torch.log(p).mean()',
  '',
].join('\n');

test('a hover says what is known of a value', async () => {
  workbench.writeFile('hover.py', script);
  await workbench.openFile('hover.py');
  await workbench.goTo(7, 19);
  await workbench.runCommand('Show or Focus Hover');
  const hover = workbench.page.locator('.monaco-hover:visible').filter({ hasText: 'probabilities, in [0, 1]' });
  await hover.first().waitFor();
  await workbench.screenshot('value-hover');
  assert.match((await hover.first().textContent()) ?? '', /can be exactly 0, 1/);
  await workbench.page.keyboard.press('Escape');
});

test('the walkthrough opens, and a step of it changes the script behind it', async () => {
  workbench.writeFile('steps.py', script);
  await workbench.openFile('steps.py');
  await workbench.runCommand('NaN Lens: Find a NaN, Step by Step');
  await workbench.page.getByText('One batch, full precision').first().waitFor();
  const picture = workbench.page.frameLocator('iframe.webview').last().frameLocator('iframe');
  await picture.getByText('The order in which it pays').waitFor();
  await workbench.screenshot('walkthrough');
  await workbench.page.getByText('A lower learning rate').first().click();
  await workbench.page.getByRole('button', { name: 'Use a Tenth' }).first().click();
  await workbench.page.locator('.view-line').filter({ hasText: '_nanlens_lower_rate(0.1)' }).first().waitFor();
  await workbench.screenshot('walkthrough-step-done');
  await workbench.runCommand('NaN Lens: Take All Debugging Steps Out');
  await workbench.page
    .locator('.view-line')
    .filter({ hasText: '_nanlens_lower_rate' })
    .first()
    .waitFor({ state: 'detached' });
  await workbench.save();
  assert.equal(workbench.readFile('steps.py'), script);
});
