// A run has died: its log and its dump are opened, the verdict is read, and a click leads to the line.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Workbench } from '../harness/workbench';

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open();
});

after(async () => {
  await workbench.close();
});

test('a dump opens in the viewer, says what broke, and leads to the line', async () => {
  const dump = workbench.findFile(/\.nandump\.json$/);
  await workbench.openFile(dump);
  const view = workbench.webview();
  const verdict = view.getByRole('heading', { level: 1 });
  await verdict.waitFor();
  await workbench.screenshot('dump');
  assert.match((await verdict.textContent()) ?? '', /NaN|Inf|infinit|finite|overflow/i);

  const place = view
    .getByRole('button', { name: /\.py:\d+|line \d+/i })
    .or(view.getByRole('link', { name: /\.py:\d+|line \d+/i }));
  const label = (await place.first().textContent()) ?? '';
  const line = Number(/(?::|line )(\d+)/i.exec(label)?.[1]);
  await place.first().click();
  await workbench.waitForCursor(line);
  await workbench.screenshot('dump-line');
});
