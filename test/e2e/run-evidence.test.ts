// What a run says of source lines stands in the source, a folder is one story, and both look right in every theme.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorkbench } from '../harness/use-workbench';
import type { Workbench } from '../harness/workbench';

let workbench: Workbench;
useWorkbench((opened) => {
  workbench = opened;
});

async function heading(): Promise<string> {
  const verdict = workbench.webview().getByRole('heading', { level: 1 });
  await verdict.waitFor();
  return (await verdict.textContent()) ?? '';
}

test('a blamed line is marked in the source, says what was seen there, and is cleared by a command', async () => {
  await workbench.openFile('examples/runs/causal_transformer.step-60.rank-0.nandump.json');
  assert.match(await heading(), /causal_transformer\.py:25/);
  await workbench.openFile('examples/causal_transformer.py');
  await workbench.goTo(25, 30);
  await workbench.squiggles('error').first().waitFor();
  const problems = await workbench.problems(/Seen in a run/);
  assert.ok(problems.some((text) => text.includes('NAN101')));
  await workbench.focusEditor();
  await workbench.page.keyboard.press('Control+K');
  await workbench.page.keyboard.press('Control+I');
  const hover = workbench.page.locator('.monaco-hover:visible', { hasText: 'seen in causal_transformer' });
  await hover.waitFor();
  await workbench.page.screenshot({ path: workbench.screenshotPath('blamed-line') });
  await workbench.page.keyboard.press('Escape');
  await workbench.runCommand('NaN Lens: Clear What Runs Say of Source Lines');
  await workbench.squiggles('error').first().waitFor({ state: 'detached' });
});

test('a folder is opened from the explorer, and is one story', async () => {
  const traceback = (rank: number, error: string): string =>
    [
      `[rank${rank}]: Traceback (most recent call last):`,
      `[rank${rank}]:   File "/cluster/job/train.py", line 61, in <module>`,
      `[rank${rank}]:     loss.backward()`,
      `[rank${rank}]: ${error}`,
      '',
    ].join('\n');
  const steps = (last: number): string =>
    Array.from({ length: last }, (_, i) => `step ${i + 1} loss ${(2 / (i + 2)).toFixed(4)}\n`).join('');
  workbench.writeFile(
    'dead-run/rank0.log',
    `${steps(41)}${traceback(0, 'torch.distributed.DistBackendError: NCCL error')}`,
  );
  workbench.writeFile('dead-run/rank1.log', `${steps(41)}step 42 loss nan\n`);
  await workbench.page.keyboard.press('Control+Shift+E');
  const folder = workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'dead-run' });
  await folder.first().click({ button: 'right' });
  await workbench.page.locator('.monaco-menu:visible .action-label', { hasText: 'Open Anomaly Log or Dump' }).click();
  assert.match(await heading(), /Step 42, rank 1.*loss.*NaN/);
  await workbench.webview().getByText('rank1.log').first().waitFor();
  await workbench.screenshot('folder');
});

for (const [name, theme] of [
  ['light', 'Light Modern'],
  ['high-contrast', 'Dark High Contrast'],
  ['high-contrast-light', 'Light High Contrast'],
  ['dark', 'Dark Modern'],
] as const) {
  test(`the panels of a recorded step are there in the theme ${theme}`, async () => {
    await workbench.runCommand('Preferences: Color Theme');
    await workbench.pickTyped(theme);
    await workbench.openFile('examples/runs/causal_transformer.step-60.rank-0.nandump.json');
    await heading();
    const page = workbench.webview();
    for (const section of ['timeline', 'operations', 'tensors', 'fidelity']) {
      const panel = page.locator(`section[data-section="${section}"]`);
      await panel.scrollIntoViewIfNeeded();
      await workbench.screenshot(`panel-${section}-${name}`);
    }
  });
}
