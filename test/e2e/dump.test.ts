// A run has died: its log and its dump are opened, the verdict is read, and mouse and keyboard lead to the line.
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

/** Metrics of a run whose loss is NaN near the beginning, and which goes on for long: some seconds' reading. */
function longMetrics(size: number): string {
  const lines: string[] = [];
  for (let step = 1, length = 0; length < size; step++) {
    const loss = step > 500 ? 'NaN' : (4 / Math.sqrt(step)).toFixed(6);
    const line = `{"step": ${step}, "loss": ${loss}, "grad_norm": 1.25, "lr": 0.0003, "tokens_per_second": 4100.5, "epoch": 1}\n`;
    lines.push(line);
    length += line.length;
  }
  return lines.join('');
}

test('the reading of a long file is stopped half-way, and taken up again', async () => {
  workbench.writeFile('long/metrics.jsonl', longMetrics(200 * 2 ** 20));
  await workbench.runCommand('NaN Lens: Open Anomaly Log or Dump…');
  await workbench.answer('Choose a File…');
  await workbench.answerPath('long/metrics.jsonl');
  await workbench.webview().getByRole('button', { name: 'Cancel' }).click();
  const onwards = workbench.webview().getByRole('button', { name: 'Read to the End' });
  await onwards.waitFor();
  assert.match(await heading(), /step 501/);
  await workbench.screenshot('reading-stopped');
  await onwards.click();
  await workbench.webview().getByText('still being read').waitFor();
  await workbench.webview().locator('.unfinished').waitFor({ state: 'detached', timeout: 60_000 });
  assert.match(await heading(), /step 501/);
});

test('a dump that a real run has left opens too', async () => {
  await workbench.openFile('examples/runs/causal_transformer.step-60.rank-0.nandump.json');
  assert.match(await heading(), /causal_transformer\.py:\d+/);
  await workbench.screenshot('recorded-dump');
});
