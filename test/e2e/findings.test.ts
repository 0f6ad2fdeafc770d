// A person asks for the whole workspace, reads the tree of findings, goes to one, has one mended, and clears the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorkbench } from '../harness/use-workbench';
import type { Workbench } from '../harness/workbench';

let workbench: Workbench;
useWorkbench((opened) => {
  workbench = opened;
});

const loss = [
  'import torch',
  '',
  '',
  'def entropy(logits):',
  '    probs = torch.softmax(logits, dim=-1)',
  '    return -(probs * torch.log(probs)).sum(-1)',
  '',
].join('\n');
const book = JSON.stringify({
  cells: [
    { cell_type: 'markdown', metadata: {}, source: ['# Losses'] },
    { cell_type: 'code', metadata: {}, execution_count: null, outputs: [], source: loss.split(/(?<=\n)/) },
  ],
  metadata: { language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
});

test('the workspace is checked, and its findings are read, opened and mended from the tree', async () => {
  workbench.writeFile('all/losses.py', loss);
  workbench.writeFile('all/study.ipynb', book);
  workbench.writeFile('all/ignored/gen.py', loss);
  workbench.writeFile('all/.gitignore', 'ignored/\n');
  await workbench.runCommand('NaN Lens: Check Workspace');
  await workbench.findings().filter({ hasText: 'losses.py' }).first().waitFor();
  await workbench.screenshot('findings-by-file');
  const rows = await workbench.findings().allInnerTexts();
  assert.ok(!rows.some((row) => row.includes('gen.py')), `what is ignored is not checked: ${rows.join(' | ')}`);
  const label = await workbench.findings().filter({ hasText: 'NAN101' }).first().getAttribute('aria-label');
  assert.match(label ?? '', /^Warning: .+ NAN101, .+, line \d+/);

  await workbench.findingsButton('Group Findings by Rule').click();
  const rule = workbench.findings().filter({ hasText: 'log-of-possible-zero' }).first();
  await rule.waitFor();
  await workbench.screenshot('findings-by-rule');

  const finding = workbench.findings().filter({ hasText: 'losses.py, line 6' }).first();
  if (!(await finding.isVisible())) await rule.click();
  await finding.click();
  await workbench.tab('losses.py').waitFor();
  await workbench.squiggles('warning').first().waitFor();
  await workbench.screenshot('finding-opened');

  await finding.hover();
  await finding.getByRole('button', { name: 'Apply Fix…' }).click();
  await workbench.answer(/log_softmax/);
  await workbench.squiggles('warning').first().waitFor({ state: 'detached' });
  await workbench.save();
  assert.match(workbench.readFile('all/losses.py'), /log_softmax/);
  await finding.waitFor({ state: 'detached' });
  await workbench.screenshot('finding-mended');

  await workbench.findings().filter({ hasText: 'study.ipynb, cell 2, line 6' }).first().click();
  await workbench.tab('study.ipynb').waitFor();
  await workbench.page.locator('.notebook-editor .cell.code .squiggly-warning').first().waitFor();
  await workbench.screenshot('finding-in-notebook');

  await workbench.tidyUp();
  await workbench.findingsButton('Group Findings by File').click();
  await workbench.findingsButton('Clear Workspace Findings').click();
  await workbench.findings().first().waitFor({ state: 'detached' });
  await workbench.page.getByRole('button', { name: 'Check Changed Files' }).first().waitFor();
  await workbench.screenshot('findings-cleared');
  // The window is in Restricted Mode, where VS Code does not run its Git extension.
  await workbench.page.getByRole('button', { name: 'Check Changed Files' }).first().click();
  await workbench.notifications().filter({ hasText: 'Git' }).first().waitFor();
  await workbench.screenshot('changed-files-without-git');
});

test('a workspace of several folders has a level for them', async () => {
  workbench.writeFile('one/a.py', loss);
  workbench.writeFile('two/b.py', loss);
  workbench.writeFile('two/.vscode/settings.json', '{ "nanlens.ignore": ["NAN101"] }');
  workbench.writeFile('three/c.py', loss);
  const folders = [{ path: 'one' }, { path: 'two' }, { path: 'three' }];
  workbench.writeFile('several.code-workspace', JSON.stringify({ folders }));
  await workbench.openWorkspaceFile('several.code-workspace');
  await workbench.runCommand('NaN Lens: Check Workspace');
  await workbench.findings().filter({ hasText: 'c.py' }).first().waitFor();
  await workbench.screenshot('findings-of-several-folders');
  const rows = (await workbench.findings().allInnerTexts()).map((row) => row.replace(/\s+/g, ''));
  assert.deepEqual(
    rows.filter((row) => !row.includes('NAN101')),
    ['one1', 'a.py1', 'three1', 'c.py1'],
    'each folder goes by its own settings',
  );
});
