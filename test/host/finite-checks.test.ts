// Finite checks go in and come out by command, and leave no trace.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { codeActions, diagnosticsToBe, openFile, replaceText, writeFile } from '../harness/editor';
import { test } from '../harness/suite';

const model = [
  'import torch',
  'from torch import nn',
  '',
  '',
  'class Classifier(nn.Module):',
  '    def __init__(self) -> None:',
  '        super().__init__()',
  '        self.encoder = nn.Linear(8, 8)  # keeps its width',
  '        self.head = nn.Linear(8, 3)',
  '',
  '    def forward(self, x: torch.Tensor) -> torch.Tensor:',
  '        hidden = torch.relu(self.encoder(x))  # may overflow',
  '        scores = self.head(hidden)',
  '        return scores',
  '',
  '    def embed(self, x):',
  '        hidden = self.encoder(x)',
  '        return hidden',
  '',
].join('\n');

function linesWithChecks(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.includes('_nanlens_check') && !line.includes('nanlens: helper'));
}

/** Every line of the model still stands, in its order: checks only add. */
function assertOnlyAdded(before: string, after: string): void {
  const left = after.split(/\r?\n/);
  for (const line of before.split(/\r?\n/)) {
    const at = left.indexOf(line);
    assert.isAtLeast(at, 0, `"${line}" is gone`);
    left.splice(0, at + 1);
  }
}

test('checks of one function are inserted and removed, and the text is as it was', async () => {
  for (const [name, text] of [
    ['lf.py', model],
    ['crlf.py', model.replaceAll('\n', '\r\n')],
    ['tabs.py', model.replaceAll('    ', '\t')],
  ] as const) {
    const { document } = await openFile(name, text);
    await vscode.commands.executeCommand('nanlens.insertFiniteChecks', {
      uri: document.uri,
      target: { kind: 'function', name: 'Classifier.forward' },
      style: 'raise',
    });
    const inserted = document.getText();
    assert.isNotEmpty(linesWithChecks(inserted), name);
    const embed = inserted.slice(inserted.indexOf('def embed'));
    assert.isEmpty(linesWithChecks(embed), 'the other function is left alone');
    if (name !== 'lf.py') assert.equal(inserted.includes('\r\n'), name === 'crlf.py');
    await document.save();
    await vscode.commands.executeCommand('nanlens.removeFiniteChecks', { uri: document.uri });
    assert.equal(document.getText(), text);
    await document.save();
    assert.equal(new TextDecoder().decode(await vscode.workspace.fs.readFile(document.uri)), text);
  }
});

test('inserting twice changes nothing more, and one undo takes all back', async () => {
  const { document } = await openFile('twice.py', model);
  const options = { uri: document.uri, target: { kind: 'everything' }, style: 'print' };
  await vscode.commands.executeCommand('nanlens.insertFiniteChecks', options);
  const once = document.getText();
  assert.isAbove(linesWithChecks(once).length, 2);
  assertOnlyAdded(model, once);
  // A second time there is nothing to do, of which a message tells; the command waits for no answer.
  await vscode.commands.executeCommand('nanlens.insertFiniteChecks', options);
  assert.equal(document.getText(), once);
  await vscode.commands.executeCommand('undo');
  assert.equal(document.getText(), model);
});

test('lines are checked as they are selected', async () => {
  const { document } = await openFile('lines.py', model);
  await vscode.commands.executeCommand('nanlens.insertFiniteChecks', {
    uri: document.uri,
    target: { kind: 'lines', first: 12, last: 12 },
    style: 'raise',
  });
  const text = document.getText();
  assert.isNotEmpty(linesWithChecks(text));
  const scores = text.slice(text.indexOf('scores = self.head'));
  assert.isEmpty(linesWithChecks(scores));
});

test('checks are removed from a file that was edited since, and the edit stays', async () => {
  const editor = await openFile('edited.py', model);
  const { document } = editor;
  await vscode.commands.executeCommand('nanlens.insertFiniteChecks', {
    uri: document.uri,
    target: { kind: 'everything' },
    style: 'breakpoint',
  });
  await replaceText(editor, document.getText().replace('# may overflow', '# may overflow, they say'));
  await vscode.commands.executeCommand('nanlens.removeFiniteChecks', { uri: document.uri });
  assert.equal(document.getText(), model.replace('# may overflow', '# may overflow, they say'));
});

test('inserted checks bring no findings of their own', async () => {
  const { document } = await openFile('quiet.py', model);
  await vscode.commands.executeCommand('nanlens.insertFiniteChecks', {
    uri: document.uri,
    target: { kind: 'everything' },
    style: 'raise',
  });
  await diagnosticsToBe(document.uri, []);
});

test('the light bulb offers checks where tensors may be, and nowhere else', async () => {
  const { document } = await openFile('offer.py', model);
  const offered = async (subject: vscode.TextDocument): Promise<number> =>
    (await codeActions(subject, new vscode.Range(12, 0, 12, 0), vscode.CodeActionKind.RefactorRewrite)).filter(
      (action) => action.command?.command === 'nanlens.insertFiniteChecks',
    ).length;
  assert.equal(await offered(document), 1);
  const plain = await openFile('no-tensors.py', 'import os\n'.repeat(20));
  assert.equal(await offered(plain.document), 0);
});

test('a notebook cell takes checks too', async () => {
  const source = ['%matplotlib inline\n', 'import torch\n', 'def f(x):\n', '    y = torch.exp(x)\n', '    return y'];
  const cell = { cell_type: 'code', metadata: {}, source, execution_count: null, outputs: [] };
  const metadata = { language_info: { name: 'python' } };
  const content = JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 5 });
  const notebook = await vscode.workspace.openNotebookDocument(await writeFile('checks.ipynb', content));
  await vscode.window.showNotebookDocument(notebook);
  const { document } = notebook.cellAt(0);
  await vscode.commands.executeCommand('nanlens.insertFiniteChecks', {
    uri: document.uri,
    target: { kind: 'function', name: 'f' },
    style: 'raise',
  });
  assert.isNotEmpty(linesWithChecks(document.getText()));
  assertOnlyAdded(source.join(''), document.getText());
  await vscode.commands.executeCommand('nanlens.removeFiniteChecks', { uri: document.uri });
  assert.equal(document.getText(), source.join(''));
});
