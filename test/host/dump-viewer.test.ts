// The viewer in a real VS Code: every answer below comes from the page itself, through the extension and its webview.
import { assert } from 'chai';
import * as vscode from 'vscode';
import type { DumpViewerApi } from '../../src/extension/features/dump-viewer';
import type { PageDescription } from '../../src/protocol/messages';
import { workspaceFolder, writeFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

const lossSource = [
  'import torch',
  '',
  'class Distance(torch.nn.Module):',
  '    def forward(self, a, b):',
  '        squared = ((a - b) ** 2).sum(dim=1)',
  '        return torch.log(squared)',
  '',
];

/** What torch 2.13 prints when anomaly mode meets a NaN, with three losses before it. */
function anomalyLog(losses: readonly number[] = [0.91, 0.88, 0.52]): string {
  return [
    ...losses.map((loss, i) => `step ${i + 1} loss ${loss}`),
    '/opt/conda/lib/python3.11/site-packages/torch/autograd/graph.py:865: UserWarning: Error detected in LogBackward0. Traceback of forward call that caused the error:',
    '  File "/cluster/job7/scratch/train.py", line 12, in <module>',
    '    loss = distance(a, b).mean()',
    '  File "/opt/conda/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1775, in _wrapped_call_impl',
    '    return self._call_impl(*args, **kwargs)',
    '  File "/cluster/job7/scratch/losses.py", line 6, in forward',
    '    return torch.log(squared)',
    ' (Triggered internally at /pytorch/torch/csrc/autograd/python_anomaly_mode.cpp:127.)',
    '  return Variable._execution_engine.run_backward(  # Calls into the C++ engine to run the backward pass',
    'Traceback (most recent call last):',
    '  File "/cluster/job7/scratch/train.py", line 13, in <module>',
    '    loss.backward()',
    '  File "/opt/conda/lib/python3.11/site-packages/torch/_tensor.py", line 647, in backward',
    '    torch.autograd.backward(',
    "RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
    '',
  ].join('\n');
}

async function viewer(): Promise<DumpViewerApi> {
  const extension = vscode.extensions.getExtension<{ readonly dumpViewer: DumpViewerApi }>('nanlens.nanlens');
  if (!extension) throw new Error('The extension is not installed');
  return (await extension.activate()).dumpViewer;
}

async function open(uri: vscode.Uri): Promise<DumpViewerApi> {
  const api = await viewer();
  await vscode.commands.executeCommand('nanlens.openDump', uri);
  return api;
}

/** The page, once it shows what is waited for. */
async function seen(
  api: DumpViewerApi,
  uri: vscode.Uri,
  what: (page: PageDescription) => boolean,
): Promise<PageDescription> {
  let last: PageDescription | undefined;
  try {
    return await eventually('the page', async () => {
      last = await api.request(uri, { method: 'describe', params: null });
      return what(last) && last;
    });
  } catch {
    throw new Error(`The page never showed it, but: ${JSON.stringify(last)}`);
  }
}

const isShown = (page: PageDescription): boolean => page.status === 'shown';

test('a log opened by command shows what failed, where, and the losses', async () => {
  await writeFile('losses.py', lossSource.join('\n'));
  const uri = await writeFile('run.log', anomalyLog());
  const api = await open(uri);
  const page = await seen(api, uri, (now) => isShown(now) && now.textLines > 0 && now.blamed?.text !== '');
  assert.include(page.heading, 'losses.py:6');
  assert.include(Object.fromEntries(page.facts).Operation, 'LogBackward0');
  assert.deepEqual(page.blamed, { place: 'losses.py:6', line: 6, text: 'return torch.log(squared)' });
  assert.equal(page.userFrames, 2);
  assert.equal(page.libraryFrames, 1);
  assert.deepInclude(page.charts[0], { name: 'loss', points: 3, marks: 1 });
});

test('a recorder dump opens in the viewer by itself, its NaN and its tensors marked', async () => {
  const source = { path: 'scratch/losses.py', line: 6, function: 'forward', text: '        return torch.log(squared)' };
  const dump = {
    nandump: 1,
    verdict: { sentence: 'Step 3, backward: `log` at losses.py:6 met an exact 0.', confidence: 'certain' },
    anomalies: [
      {
        kind: 'nan-backward',
        value: 'nan',
        role: 'first',
        op: 'LogBackward0',
        step: 3,
        source,
        frames: [{ ...source, isUser: true, excerpt: { firstLine: 5, lines: lossSource.slice(4, 6) } }],
        message: 'gradient of log is NaN',
        rules: ['NAN101'],
        tensors: [{ name: 'squared', shape: [8], dtype: 'float32', min: 0, max: 'Infinity', nan: 1 }],
      },
    ],
    history: [{ name: 'loss', steps: [1, 2, 3], values: [0.9, 0.8, 'NaN'] }],
  };
  const uri = await writeFile('step-3.rank-0.nandump.json', JSON.stringify(dump));
  const api = await viewer();
  await vscode.commands.executeCommand('vscode.open', uri);
  const page = await seen(api, uri, isShown);
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  assert.isTrue(input instanceof vscode.TabInputCustom && input.viewType === 'nanlens.dumpViewer');
  assert.equal(page.heading, 'Step 3, backward: log at losses.py:6 met an exact 0.');
  assert.equal(page.confidence, 'certain');
  assert.deepInclude(page.charts[0], { name: 'loss', points: 2, marks: 1 });
  assert.include(page.charts[0]?.summary, 'NaN at step 3');
  assert.include(page.sections, 'Tensors');
  assert.include(Object.fromEntries(page.facts)['Likely hazard'], 'log-of-possible-zero');
});

test('Go to Line jumps to the file of the workspace, also where the line has moved', async () => {
  const source = await writeFile('losses.py', lossSource.join('\n'));
  const uri = await writeFile('run.log', anomalyLog());
  const api = await open(uri);
  await seen(api, uri, isShown);
  const first = await api.request(uri, { method: 'pressGoToLine', params: null });
  assert.equal(first.outcome, 'opened', first.message);
  const editor = vscode.window.activeTextEditor;
  assert.equal(editor?.document.uri.toString(), source.toString());
  assert.equal(editor?.selection.start.line, 5);
  assert.equal(editor?.document.getText(editor.selection), 'return torch.log(squared)');

  const inserted = await editor?.edit((edit) => edit.insert(new vscode.Position(0, 0), '# a new line\n'));
  assert.isTrue(inserted);
  const second = await api.request(uri, { method: 'pressGoToLine', params: null });
  assert.equal(second.outcome, 'moved', second.message);
  assert.equal(vscode.window.activeTextEditor?.selection.start.line, 6);
});

test('a line that reads differently now is said to differ', async () => {
  await writeFile('losses.py', lossSource.map((line) => line.replace('log', 'log1p')).join('\n'));
  const uri = await writeFile('run.log', anomalyLog());
  const api = await open(uri);
  await seen(api, uri, isShown);
  const jump = await api.request(uri, { method: 'pressGoToLine', params: null });
  assert.equal(jump.outcome, 'differs');
  assert.include(jump.message, 'losses.py');
});

test('a log that grows is read again', async () => {
  const uri = await writeFile('run.log', 'step 1 loss 0.91\nstep 2 loss 0.88\n');
  const api = await open(uri);
  const healthy = await seen(api, uri, isShown);
  assert.isNull(healthy.blamed);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(anomalyLog([0.91, 0.88, 0.7, 0.6])));
  const dead = await seen(api, uri, (page) => page.generation > healthy.generation && page.facts.length > 0);
  assert.include(dead.heading, 'losses.py:6');
});

test('a page that was hidden comes back with what it showed', async () => {
  const uri = await writeFile('run.log', anomalyLog());
  const api = await open(uri);
  const before = await seen(api, uri, isShown);
  await vscode.window.showTextDocument(await writeFile('other.py', 'x = 1\n'), { preview: false });
  await open(uri);
  const after = await seen(api, uri, isShown);
  assert.equal(after.heading, before.heading);
});

test('a log comes from the clipboard, and its verdict goes back there as Markdown', async () => {
  const api = await viewer();
  await vscode.env.clipboard.writeText(anomalyLog());
  await vscode.commands.executeCommand('nanlens.openDumpFromClipboard');
  const input = await eventually('the viewer is the active tab', () => {
    const now = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    return now instanceof vscode.TabInputCustom && now;
  });
  const page = await seen(api, input.uri, isShown);
  assert.include(page.heading, 'losses.py:6');
  await vscode.commands.executeCommand('nanlens.copyDumpAsMarkdown');
  const markdown = await vscode.env.clipboard.readText();
  assert.include(markdown, 'LogBackward0');
  assert.include(markdown, 'losses.py:6');
});

test('the dumps of several ranks show one verdict, also when one comes later', async () => {
  const source = { path: 'scratch/losses.py', line: 6, function: 'forward', text: 'return torch.log(squared)' };
  const dump = (sentence: string, anomaly: object): string =>
    JSON.stringify({
      nandump: 1,
      verdict: { sentence, confidence: 'certain' },
      anomalies: [{ value: 'nan', role: 'first', step: 9, ...anomaly }],
    });
  const received = { kind: 'grad-nonfinite', message: 'the gradients were finite until another rank sent its own' };
  const uri = await writeFile('step-9.rank-0.nandump.json', dump('Step 9: the gradient is NaN.', received));
  const api = await viewer();
  await vscode.commands.executeCommand('vscode.open', uri);
  const alone = await seen(api, uri, isShown);
  assert.include(alone.heading, 'the gradient is NaN');
  const guilty = { kind: 'nan-forward', op: 'aten::log', message: 'log gives NaN', source };
  await writeFile('step-9.rank-1.nandump.json', dump('Step 9, forward: `log` at losses.py:6 gives NaN.', guilty));
  const page = await seen(api, uri, (now) => isShown(now) && now.heading.includes('losses.py:6'));
  assert.include(page.heading, 'rank 1, forward');
  assert.include(page.heading, 'Rank 0 received it.');
});

/** A .safetensors file of one 32-bit tensor. */
function tensorsFile(name: string, shape: readonly number[], values: readonly number[]): Uint8Array {
  const header = { [name]: { dtype: 'F32', shape, data_offsets: [0, 4 * values.length] } };
  const directory = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + directory.length + 4 * values.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(directory.length), true);
  bytes.set(directory, 8);
  for (const [i, value] of values.entries()) view.setFloat32(8 + directory.length + 4 * i, value, true);
  return bytes;
}

test('a recorded step shows its operations, its processes and the tensors that lie beside it', async () => {
  const tensor = (absMax: number, over: object = {}) => ({ shape: [2, 4], dtype: 'float16', absMax, ...over });
  const dump = {
    nandump: 1,
    verdict: { sentence: 'Step 3, forward: `exp` overflows float16.', confidence: 'certain' },
    anomalies: [
      { kind: 'inf-forward', value: 'inf', role: 'first', op: 'aten::exp', step: 3, rank: 1, message: 'exp' },
    ],
    operations: [
      { name: 'aten::mul', outputs: [tensor(40)], nonFinite: false },
      { name: 'aten::exp', inputs: [tensor(40)], outputs: [tensor(9, { posInf: 2 })], nonFinite: true },
    ],
    ranks: [
      { rank: 0, role: 'consequence', step: 3 },
      { rank: 1, role: 'first', step: 3 },
    ],
    tensorsFile: 'exp.safetensors',
  };
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  await writeFile('exp.safetensors', tensorsFile('output0', [2, 4], [1, inf, 2, inf, 3, 4, nan, 5]));
  const uri = await writeFile('exp.nandump.json', JSON.stringify(dump));
  const api = await viewer();
  await vscode.commands.executeCommand('vscode.open', uri);
  const page = await seen(api, uri, (now) => isShown(now) && now.nanMap !== '' && now.operations !== null);
  assert.deepInclude(page.operations, { count: 2, firstBad: 'aten::exp', rowsInSight: 2 });
  assert.match(page.nanMap, /^3 of 8 elements are not finite\. They lie in 2 of 2 rows and 3 of 4 columns/);
  assert.lengthOf(page.ranks, 2);
  assert.match(page.ranks[0] ?? '', /^rank 1 first cause/);
});

test('what cannot be read is said in words', async () => {
  const missing = vscode.Uri.joinPath(workspaceFolder(), 'scratch', 'missing.nandump.json');
  const api = await open(missing);
  const page = await seen(api, missing, (now) => now.status === 'failed');
  assert.equal(page.heading, 'This file could not be read');
});

test('garbage, nothing at all and markup are opened without harm', async () => {
  const contents: readonly (readonly [string, string | Uint8Array])[] = [
    ['empty.nandump.json', ''],
    ['garbage.nandump.json', new Uint8Array(4096).map((_, i) => (i * 7919) % 251)],
    ['markup.log', '<script>alert(1)</script>\n<img src=x onerror=alert(1)>\nloss: nan\n'],
  ];
  const api = await viewer();
  for (const [name, content] of contents) {
    const uri = await writeFile(name, content);
    await open(uri);
    const page = await seen(api, uri, (now) => now.status !== 'reading');
    assert.isNotEmpty(page.heading, name);
    assert.isNull(page.blamed, name);
  }
});
