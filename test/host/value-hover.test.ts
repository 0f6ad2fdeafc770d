// Hovers say what is known of a value, in files and notebooks, of the text as it stands, and only where they are wanted.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { openFile, replaceText, writeFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

const losses = [
  'import torch',
  '',
  '',
  'def loss(x, target):',
  '    p = torch.softmax(x, dim=-1)',
  '    nll = -torch.log(p)',
  '    return (nll * target).sum()',
  '',
].join('\n');

/** What NaN Lens shows at the first character of `text` in the document, after `after`. */
async function hoverAt(document: vscode.TextDocument, text: string, after = 0): Promise<string[]> {
  const at = document.positionAt(document.getText().indexOf(text, after));
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at);
  return hovers
    .flatMap(({ contents }) => contents)
    .map((content) => (typeof content === 'string' ? content : content.value))
    .filter((content) => content.includes('NaN Lens'));
}

test('a hover tells range, role and reason, with a link to the line', async () => {
  const { document } = await openFile('losses.py', losses);
  const [shown = '', ...more] = await eventually('the first hover, for which the engine starts', async () => {
    const found = await hoverAt(document, 'p)');
    return found.length > 0 && found;
  });
  assert.isEmpty(more);
  assert.include(shown, '`p`: probabilities, in [0, 1]; can be exactly 0, 1');
  assert.include(shown, 'Because softmax gives 0 where a score is far below the largest');
  const link = /\[line 5\]\(([^)]+)\)/.exec(shown)?.[1] ?? '';
  const target = vscode.Uri.parse(link, true);
  assert.equal(target.fragment, 'L5');
  assert.equal(target.with({ fragment: '' }).toString(), document.uri.toString());
});

test('on a call it tells where it breaks', async () => {
  const { document } = await openFile('losses.py', losses);
  const [shown = ''] = await hoverAt(document, 'log(p)');
  assert.include(shown, '`torch.log(…)`');
  assert.include(shown, '⚠ Infinite where `p` is exactly 0.');
});

test('where nothing is known, nothing is shown', async () => {
  const { document } = await openFile('losses.py', losses);
  assert.isEmpty(await hoverAt(document, 'x, dim'));
  assert.isEmpty(await hoverAt(document, 'target)'));
  assert.isEmpty(await hoverAt(document, 'import torch'));
});

test('it speaks of the text as it stands', async () => {
  const editor = await openFile('losses.py', losses);
  await replaceText(editor, losses.replace('torch.softmax(x, dim=-1)', 'x.relu()'));
  const [shown = ''] = await hoverAt(editor.document, 'p)');
  assert.include(shown, '`p`: ≥ 0; can be exactly 0');
});

test('in a notebook it names the cell of the reason', async () => {
  const cell = (text: string): vscode.NotebookCellData =>
    new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'python');
  const data = new vscode.NotebookData([
    cell('import torch\nx = torch.randn(3)'),
    cell('p = torch.sigmoid(x)'),
    cell('torch.log(p)'),
  ]);
  const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', data);
  await vscode.window.showNotebookDocument(notebook);
  const document = notebook.cellAt(2).document;
  const [shown = ''] = await eventually('a hover in the cell', async () => {
    const found = await hoverAt(document, 'p)');
    return found.length > 0 && found;
  });
  assert.include(shown, '`p`: probabilities, in [0, 1]');
  assert.include(shown, '(code cell 2, line 1)');
});

test('it can be switched off', async () => {
  const { document } = await openFile('losses.py', losses);
  const settings = vscode.workspace.getConfiguration('nanlens', document.uri);
  await settings.update('hover.values', false, vscode.ConfigurationTarget.Workspace);
  try {
    assert.isEmpty(await hoverAt(document, 'p)'));
  } finally {
    await settings.update('hover.values', undefined, vscode.ConfigurationTarget.Workspace);
  }
  assert.isNotEmpty(await hoverAt(document, 'p)'));
});

test('what only names and calls say is told apart', async () => {
  const uri = await writeFile('named.py', 'import torch\n\n\ndef f(probs):\n    return torch.log(probs)\n');
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  const [shown = ''] = await hoverAt(document, 'probs)', 45);
  assert.include(shown, 'Not proven, from names, defaults and the calls in this file: probabilities, in [0, 1]');
});
