// The path of a newcomer: the package is installed, the walkthrough opens the sample, each finding is mended by its light bulb.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorkbench } from '../harness/use-workbench';
import type { Workbench } from '../harness/workbench';

let workbench: Workbench;
useWorkbench((opened) => {
  workbench = opened;
});

/** Where the sample is at fault, from its end to its beginning, so that a fix moves none of the others. */
const faults: readonly { readonly at: string; readonly fix: RegExp }[] = [
  { at: 'torch.log(weights)', fix: /log_softmax/ },
  { at: 'torch.sqrt(1 - cosine**2)', fix: /Clamp/ },
  { at: 'x.std(dim=0)', fix: /Clamp at/ },
  { at: 'torch.randn(WIDTH, WIDTH))\n\n', fix: /Divide by the root/ },
  { at: 'torch.randn(WIDTH, WIDTH))\n        self', fix: /Divide by the root/ },
];

test('from the walkthrough to a mended script', async () => {
  await workbench.runCommand('NaN Lens: Find a NaN, Step by Step');
  const walkthrough = workbench.page.locator('.gettingStartedContainer');
  await walkthrough.getByText('Find a NaN, step by step').first().waitFor();
  await walkthrough.getByText('Have a script at hand').first().waitFor();
  await workbench.screenshot('newcomer-1-walkthrough');
  await walkthrough.getByRole('button', { name: 'Open a Sample Script' }).first().click();

  await workbench.focusEditor();
  await workbench
    .squiggles('warning')
    .nth(faults.length - 1)
    .waitFor();
  await workbench.screenshot('newcomer-2-sample');
  const sample = workbench.readExample('usual_culprits.py');
  for (const { at, fix } of faults) {
    const offset = sample.indexOf(at);
    assert.ok(offset >= 0, `the sample has ${at}`);
    const before = sample.slice(0, offset).split('\n');
    const warnings = await workbench.squiggles('warning').count();
    await workbench.goTo(before.length, (before.at(-1) ?? '').length + 2);
    const titles = await workbench.openLightBulb();
    if (at === faults[0]?.at) await workbench.screenshot('newcomer-3-light-bulb');
    assert.ok(
      titles.some((title) => fix.test(title)),
      `${at}: ${titles.join(' | ')}`,
    );
    await workbench.pickCodeAction(fix);
    await workbench.until(`${at} is mended`, async () => (await workbench.squiggles('warning').count()) < warnings);
  }
  await workbench.squiggles('warning').first().waitFor({ state: 'detached' });
  await workbench.screenshot('newcomer-4-mended');
});
