// A run has died: its log and its dump are opened, the verdict is read, and mouse and keyboard lead to the line.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Workbench } from '../harness/workbench';

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open();
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  if ('name' in context) await workbench.screenshotOfEnd(context.name);
  await workbench.tidyUp();
});

async function heading(): Promise<string> {
  const verdict = workbench.webview().getByRole('heading', { level: 1 });
  await verdict.waitFor();
  return (await verdict.textContent()) ?? '';
}

test('a log is opened by command, says what broke, and a click leads to the line', async () => {
  await workbench.runCommand('NaN Lens: Open Anomaly Log or Dump…');
  await workbench.answer('Choose a File…');
  await workbench.answerPath('examples/runs/char_rnn.log');
  assert.match(await heading(), /char_rnn\.py:50/);
  await workbench.screenshot('log');

  await workbench
    .webview()
    .getByRole('button', { name: /char_rnn\.py:50/ })
    .first()
    .click();
  await workbench.tab('char_rnn.py').waitFor();
  await workbench.waitForCursor(50);
  await workbench.screenshot('log-line');
});

const source = [
  'import torch',
  '',
  '',
  'class Distance(torch.nn.Module):',
  '    def forward(self, a, b):',
  '        squared = ((a - b) ** 2).sum(dim=1)',
  '        return torch.sqrt(squared)',
  '',
];

const blamed = { path: 'losses.py', line: 7, function: 'forward', text: source[6]?.trim() };

/** As the recorder writes it, NaN and Infinity as Python's json has them. */
const dump = JSON.stringify({
  nandump: 1,
  verdict: { sentence: 'Step 237, backward: sqrt at losses.py:7 has an infinite gradient.', confidence: 'certain' },
  anomalies: [
    {
      kind: 'nan-backward',
      value: 'inf',
      role: 'first',
      op: 'SqrtBackward0',
      step: 237,
      rank: 3,
      source: blamed,
      frames: [{ ...blamed, isUser: true, excerpt: { firstLine: 6, lines: source.slice(5, 7) } }],
      message: 'the distance is exactly 0',
      tensors: [{ name: 'squared', shape: [512], dtype: 'float32', min: 0, max: 4.5, nan: 0, inf: 0 }],
    },
  ],
  history: [{ name: 'loss', steps: [234, 235, 236, 237], values: [0.91, 0.62, 0.58, 'NaN'] }],
}).replace('"NaN"', 'NaN');

test('a dump opens in its editor, and the keyboard leads to the line', async () => {
  workbench.writeFile('losses.py', source.join('\n'));
  workbench.writeFile('step-237.rank-3.nandump.json', dump);
  await workbench.openFile('step-237.rank-3.nandump.json');
  assert.match(await heading(), /Step 237.*losses\.py:7/);
  await workbench.screenshot('dump');

  const place = workbench
    .webview()
    .getByRole('button', { name: /losses\.py:7/ })
    .first();
  await workbench.tabTo(place);
  await workbench.page.keyboard.press('Enter');
  await workbench.tab('losses.py').waitFor();
  await workbench.waitForCursor(7);
  await workbench.screenshot('dump-line');
});

test('a dump that a real run has left opens too', async () => {
  await workbench.openFile('examples/runs/causal_transformer.step-60.rank-0.nandump.json');
  assert.match(await heading(), /causal_transformer\.py:\d+/);
  await workbench.screenshot('recorded-dump');
});
