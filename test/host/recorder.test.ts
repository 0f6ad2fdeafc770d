// The recorder goes into a script and beside it by command, and out of it again, and overwrites nothing unasked.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { openFile, writeFile } from '../harness/editor';
import { test } from '../harness/suite';

const script = [
  'import torch',
  '',
  'model = torch.nn.Linear(8, 1)',
  'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)',
  'for epoch in range(3):',
  '    for batch in loader:  # shuffled',
  '        loss = model(batch).square().mean()',
  '        loss.backward()',
  '        optimizer.step()',
  '        optimizer.zero_grad()',
  '',
].join('\n');

const recorded = script
  .replace('import torch\n', 'import torch\nimport nanlens  # nanlens: recorder\n')
  .replace('for epoch', 'rec = nanlens.Recorder(model, optimizer)  # nanlens: recorder\nfor epoch')
  .replace('in loader:', 'in rec.watch(loader):');

function shipped(): Thenable<Uint8Array> {
  const extension = vscode.extensions.getExtension('nanlens.nanlens');
  if (!extension) throw new Error('the extension is not there');
  return vscode.workspace.fs.readFile(vscode.Uri.joinPath(extension.extensionUri, 'media/recorder/nanlens.py'));
}

async function folderOf(uri: vscode.Uri): Promise<string[]> {
  return (await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(uri, '..'))).map(([name]) => name).sort();
}

function beside(uri: vscode.Uri): Thenable<Uint8Array> {
  return vscode.workspace.fs.readFile(vscode.Uri.joinPath(uri, '../nanlens.py'));
}

test('the recorder is added beside a script and in it, and one undo takes the lines back', async () => {
  const { document } = await openFile('recorder/train.py', script);
  await vscode.commands.executeCommand('nanlens.addRecorder', { uri: document.uri });
  assert.equal(document.getText(), recorded);
  assert.deepEqual(await folderOf(document.uri), ['nanlens.py', 'train.py'], 'nothing else is left there');
  assert.deepEqual(await beside(document.uri), await shipped());
  // A second time there is nothing to do, of which a message tells; the command waits for no answer.
  await vscode.commands.executeCommand('nanlens.addRecorder', { uri: document.uri });
  assert.equal(document.getText(), recorded);
  await vscode.commands.executeCommand('undo');
  assert.equal(document.getText(), script);
});

test('the recorder is removed byte for byte, and its file stays', async () => {
  for (const [name, text] of [
    ['lf.py', script],
    ['crlf.py', script.replaceAll('\n', '\r\n')],
    ['tabs.py', script.replaceAll('    ', '\t')],
  ] as const) {
    const { document } = await openFile(`recorder/${name}`, text);
    await vscode.commands.executeCommand('nanlens.addRecorder', { uri: document.uri });
    assert.include(document.getText(), 'rec.watch(loader)', name);
    await document.save();
    await vscode.commands.executeCommand('nanlens.removeRecorder', { uri: document.uri });
    assert.equal(document.getText(), text, name);
    await document.save();
    assert.equal(new TextDecoder().decode(await vscode.workspace.fs.readFile(document.uri)), text);
    assert.deepEqual(await beside(document.uri), await shipped());
  }
});

test('another file of the name of the recorder is kept or replaced as told', async () => {
  const own = new TextEncoder().encode('# mine\n');
  await writeFile('recorder/nanlens.py', own);
  const { document } = await openFile('recorder/train.py', script);
  await vscode.commands.executeCommand('nanlens.addRecorder', { uri: document.uri, different: 'keep' });
  assert.equal(document.getText(), recorded);
  assert.deepEqual(await beside(document.uri), own);
  await vscode.commands.executeCommand('undo');
  await vscode.commands.executeCommand('nanlens.addRecorder', { uri: document.uri, different: 'replace' });
  assert.equal(document.getText(), recorded);
  assert.deepEqual(await beside(document.uri), await shipped());
  assert.deepEqual(await folderOf(document.uri), ['nanlens.py', 'train.py']);
});

test('where nothing trains, nothing is added and nothing copied', async () => {
  const text = 'import torch\nx = torch.zeros(3)\n';
  const { document } = await openFile('recorder/plain.py', text);
  await vscode.commands.executeCommand('nanlens.addRecorder', { uri: document.uri });
  assert.equal(document.getText(), text);
  assert.deepEqual(await folderOf(document.uri), ['plain.py']);
  await vscode.commands.executeCommand('nanlens.removeRecorder', { uri: document.uri });
  assert.equal(document.getText(), text);
});

test('a notebook cell gets no recorder, and a script that was never saved none', async () => {
  const notebook = await vscode.workspace.openNotebookDocument(
    'jupyter-notebook',
    new vscode.NotebookData([new vscode.NotebookCellData(vscode.NotebookCellKind.Code, script, 'python')]),
  );
  await vscode.window.showNotebookDocument(notebook);
  const cell = notebook.cellAt(0).document;
  await vscode.commands.executeCommand('nanlens.addRecorder', { uri: cell.uri });
  assert.equal(cell.getText(), script);
  const untitled = await vscode.workspace.openTextDocument({ language: 'python', content: script });
  await vscode.commands.executeCommand('nanlens.addRecorder', { uri: untitled.uri });
  assert.equal(untitled.getText(), script);
});
