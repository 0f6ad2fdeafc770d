// The tools for language models in a real editor, called as a chat calls them.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { EDITOR_TOOLS } from '../../src/agent/editor-tools';
import { openFile, replaceText, workspaceFolder, writeFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

const LOG = [
  'import torch',
  '',
  'def entropy(logits, targets):',
  '    p = torch.softmax(logits, dim=-1)',
  '    return -(targets * torch.log(p)).sum()',
  '',
].join('\n');
const LOSS = ['import torch', '', 'def loss(x):', '    return torch.log(torch.relu(x)).sum()', ''].join('\n');
const RUN = [
  'epoch 1 step 10 loss 0.5',
  'Traceback (most recent call last):',
  '  File "train.py", line 7, in <module>',
  '    loss.backward()',
  "RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
  '',
].join('\n');

// biome-ignore lint/suspicious/noExplicitAny: each tool answers in a form of its own
async function call(name: string, input: object): Promise<any> {
  const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const [part] = result.content;
  if (!(part instanceof vscode.LanguageModelTextPart)) throw new Error('no text in the answer');
  return JSON.parse(part.value);
}

async function refused(answer: Promise<unknown>, words: RegExp): Promise<void> {
  try {
    await answer;
  } catch (error) {
    assert.match(error instanceof Error ? error.message : String(error), words);
    return;
  }
  throw new Error(`It was not refused, as ${words} would be`);
}

test('the tools are there, and take what they say', async () => {
  await openFile('any.py', 'import torch\n');
  const own = await eventually('tools', () => {
    const found = vscode.lm.tools.filter(({ name }) => name.startsWith('nanlens_'));
    return found.length === EDITOR_TOOLS.length && found;
  });
  for (const { name, tool } of EDITOR_TOOLS) {
    const found = own.find((each) => each.name === name);
    assert.equal(found?.description, tool.description);
    assert.deepEqual(found?.inputSchema, JSON.parse(JSON.stringify(tool.inputSchema)));
  }
});

test('findings are told of a file that no editor has open', async () => {
  await writeFile('closed.py', LOG);
  const { findings, total } = await call('nanlens_findings', { path: 'scratch/closed.py' });
  assert.equal(total, 1);
  assert.deepInclude(findings[0], { code: 'NAN101', path: 'scratch/closed.py', cell: null });
  assert.equal(findings[0].start.line, 5);
});

test('findings are told of a document as it is being edited', async () => {
  const editor = await openFile('open.py', LOG);
  await replaceText(editor, `# one more line\n${LOG}`);
  const { path } = editor.document.uri;
  const { findings } = await call('nanlens_findings', { path });
  assert.equal(findings[0].start.line, 6);
  assert.deepEqual(await call('nanlens_findings', { path: editor.document.uri.toString() }), {
    ...(await call('nanlens_findings', { path })),
  });
});

test('findings of a notebook name the cell', async () => {
  const cell = { cell_type: 'code', metadata: {}, outputs: [], execution_count: null };
  const cells = [
    { cell_type: 'markdown', metadata: {}, source: 'Hello' },
    { ...cell, source: 'import torch' },
    { ...cell, source: 'loss = torch.log(torch.softmax(torch.ones(3), 0))' },
  ];
  const metadata = { language_info: { name: 'python' } };
  await writeFile('n.ipynb', JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
  const { findings } = await call('nanlens_findings', { path: 'scratch/n.ipynb' });
  assert.deepEqual(
    findings.map(({ code, cell: place }: { code: string; cell: number }) => [code, place]),
    [['NAN101', 3]],
  );
});

test('a log says where the run broke', async () => {
  await writeFile('run.log', RUN);
  const { dumps } = await call('nanlens_readDump', { path: 'scratch/run.log' });
  assert.equal(dumps[0].anomalies[0].op, 'LogBackward0');
  const folder = await call('nanlens_readDump', { path: 'scratch' });
  assert.equal(folder.total, 1);
});

test('a rule is explained', async () => {
  assert.match((await call('nanlens_explainRule', { rule: 'NAN101' })).page, /^# NAN101 /);
  await refused(call('nanlens_explainRule', { rule: 'NAN10' }), /No rule is called "NAN10"/);
});

test('a safe fix changes the document, which can be undone', async () => {
  const editor = await openFile('mend.py', LOG);
  const fix = { path: 'scratch/mend.py', code: 'NAN101', line: 5 };
  const answer = await call('nanlens_applyFix', fix);
  assert.deepInclude(answer, { isApplied: true, safety: 'safe', code: 'NAN101' });
  assert.include(answer.diff, '+    return -(targets * torch.log_softmax(logits, dim=-1)).sum()');
  assert.include(editor.document.getText(), 'torch.log_softmax(logits, dim=-1)');
  await vscode.commands.executeCommand('undo');
  assert.equal(editor.document.getText(), LOG);
});

test('an unsafe fix waits until it is allowed', async () => {
  const editor = await openFile('unsafe.py', LOSS);
  const { findings } = await call('nanlens_findings', { path: 'scratch/unsafe.py' });
  const [{ title }] = findings[0].fixes;
  const fix = { path: 'scratch/unsafe.py', code: findings[0].code, line: findings[0].start.line, title };
  await refused(call('nanlens_applyFix', fix), /Only unsafe fixes/);
  assert.equal(editor.document.getText(), LOSS);
  assert.equal((await call('nanlens_applyFix', { ...fix, allowUnsafe: true })).safety, 'unsafe');
  assert.notEqual(editor.document.getText(), LOSS);
});

test('a fix that the file has grown out of is refused', async () => {
  await openFile('gone.py', 'import torch\n');
  await refused(
    call('nanlens_applyFix', { path: 'scratch/gone.py', code: 'NAN101', line: 5 }),
    /no finding of NAN101 in this file/,
  );
});

test('what is not in the workspace is not read', async () => {
  const outside = /neither in the workspace nor open in an editor/;
  for (const path of ['/etc/passwd', '../../../../../etc/passwd', 'file:///etc/passwd', 'C:\\Windows\\win.ini']) {
    await refused(call('nanlens_findings', { path }), outside);
    await refused(call('nanlens_readDump', { path }), outside);
  }
  await refused(call('nanlens_findings', { path: 'scratch/missing.py' }), /There is no "scratch\/missing\.py"/);
  await writeFile('notes.txt', 'no Python\n');
  await refused(call('nanlens_findings', { path: 'scratch/notes.txt' }), /no Python file/);
  await refused(call('nanlens_readDump', { path: `${workspaceFolder().path}/scratch/none.log` }), /There is no/);
});
