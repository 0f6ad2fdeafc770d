// Notebooks: the Python cells are one program, each finding stands in its own cell, and cells come and go.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { applyCodeAction, codeActions, diagnosticsToBe, writeFile } from '../harness/editor';
import { test } from '../harness/suite';

const imports = '%matplotlib inline\nimport torch\nscores = torch.randn(4, 3)';
const probabilities = 'weights = torch.softmax(scores, dim=-1)';
const loss = 'loss = -torch.log(weights).mean()';

function cell(source: string, kind: 'code' | 'markdown' = 'code'): object {
  const common = { cell_type: kind, metadata: {}, source: source.split(/(?<=\n)/) };
  return kind === 'code' ? { ...common, execution_count: null, outputs: [] } : common;
}

async function openNotebook(name: string, cells: readonly object[]): Promise<vscode.NotebookDocument> {
  const metadata = { language_info: { name: 'python' } };
  const uri = await writeFile(name, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1));
  const notebook = await vscode.workspace.openNotebookDocument(uri);
  await vscode.window.showNotebookDocument(notebook);
  return notebook;
}

function cellUri(notebook: vscode.NotebookDocument, index: number): vscode.Uri {
  return notebook.cellAt(index).document.uri;
}

async function editCells(notebook: vscode.NotebookDocument, edit: vscode.NotebookEdit): Promise<void> {
  const workspaceEdit = new vscode.WorkspaceEdit();
  workspaceEdit.set(notebook.uri, [edit]);
  assert.isTrue(await vscode.workspace.applyEdit(workspaceEdit));
}

test('cells know of the cells before them', async () => {
  const notebook = await openNotebook('program.ipynb', [
    cell('# Losses', 'markdown'),
    cell(imports),
    cell(probabilities),
    cell(loss),
  ]);
  const [found] = await diagnosticsToBe(cellUri(notebook, 3), ['NAN101']);
  assert.equal(found?.range.start.line, 0);
  assert.equal(found && notebook.cellAt(3).document.getText(found.range), 'torch.log(weights)');
  for (const index of [0, 1, 2]) await diagnosticsToBe(cellUri(notebook, index), []);
});

test('a change in one cell changes what is said in another', async () => {
  const notebook = await openNotebook('change.ipynb', [cell(imports), cell(probabilities), cell(loss)]);
  await diagnosticsToBe(cellUri(notebook, 2), ['NAN101']);
  const { document } = notebook.cellAt(1);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, document.lineAt(0).text.length), ' + 1e-3');
  await vscode.workspace.applyEdit(edit);
  await diagnosticsToBe(cellUri(notebook, 2), []);
});

test('cells that are added, removed or no longer Python count at once', async () => {
  const notebook = await openNotebook('cells.ipynb', [cell(imports), cell(probabilities), cell(loss)]);
  await diagnosticsToBe(cellUri(notebook, 2), ['NAN101']);
  const added = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'q = torch.log(weights)', 'python');
  await editCells(notebook, vscode.NotebookEdit.insertCells(3, [added]));
  await diagnosticsToBe(cellUri(notebook, 3), ['NAN101']);
  const gone = cellUri(notebook, 2);
  await editCells(notebook, vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(2, 3)));
  await diagnosticsToBe(gone, []);
  await diagnosticsToBe(cellUri(notebook, 2), ['NAN101']);
  await editCells(notebook, vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(1, 2)));
  await diagnosticsToBe(cellUri(notebook, 1), []);
});

test('a moved cell takes what is said of it along, and leaves nothing behind', async () => {
  const step = 'optimizer.zero_grad()\nmodel(x).mean().backward()\noptimizer.step()';
  const clip = 'torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)';
  const setup = `${imports}\nmodel = torch.nn.Linear(3, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)`;
  const notebook = await openNotebook('moved.ipynb', [cell(setup), cell(`x = scores`), cell(step), cell(clip)]);
  await diagnosticsToBe(cellUri(notebook, 3), ['NAN401']);
  const places = (order: readonly string[]) =>
    order.map((source) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, source, 'python'));
  await editCells(notebook, vscode.NotebookEdit.replaceCells(new vscode.NotebookRange(2, 4), places([clip, step])));
  await diagnosticsToBe(cellUri(notebook, 2), ['NAN403']);
  await diagnosticsToBe(cellUri(notebook, 3), []);
  await editCells(notebook, vscode.NotebookEdit.replaceCells(new vscode.NotebookRange(2, 4), places([step, clip])));
  await diagnosticsToBe(cellUri(notebook, 2), []);
  await diagnosticsToBe(cellUri(notebook, 3), ['NAN401']);
});

test('a fix and a suppression change their cell alone', async () => {
  const notebook = await openNotebook('fix.ipynb', [cell(imports), cell(`${probabilities}\n${loss}`), cell(loss)]);
  const first = notebook.cellAt(1).document;
  const second = notebook.cellAt(2).document;
  const [inFirst] = await diagnosticsToBe(first.uri, ['NAN101']);
  await diagnosticsToBe(second.uri, ['NAN101']);
  const before = second.getText();
  const actions = await codeActions(first, inFirst?.range ?? new vscode.Range(0, 0, 0, 0));
  const fix = actions.find((action) => action.isPreferred);
  if (!fix) throw new Error('no preferred fix');
  await applyCodeAction(fix);
  assert.include(first.getText(), 'log_softmax');
  assert.equal(second.getText(), before);
  await diagnosticsToBe(first.uri, []);
  const [inSecond] = await diagnosticsToBe(second.uri, ['NAN101']);
  const ignore = (await codeActions(second, inSecond?.range ?? new vscode.Range(0, 0, 0, 0))).find((action) =>
    action.title.includes('on this line'),
  );
  if (!ignore) throw new Error('no suppression');
  await applyCodeAction(ignore);
  assert.equal(second.getText(), `${loss}  # nanlens: ignore[NAN101]`);
  await diagnosticsToBe(second.uri, []);
});

test('a whole notebook is silenced at its top', async () => {
  const notebook = await openNotebook('ignore.ipynb', [cell(imports), cell(probabilities), cell(loss)]);
  const [found] = await diagnosticsToBe(cellUri(notebook, 2), ['NAN101']);
  const actions = await codeActions(notebook.cellAt(2).document, found?.range ?? new vscode.Range(0, 0, 0, 0));
  const ignore = actions.find((action) => action.title.includes('in this file'));
  if (!ignore) throw new Error('no suppression');
  await applyCodeAction(ignore);
  assert.equal(notebook.cellAt(0).document.getText(), `# nanlens: ignore-file[NAN101]\n${imports}`);
  await diagnosticsToBe(cellUri(notebook, 2), []);
});

test('findings go with the notebook that showed them', async () => {
  const notebook = await openNotebook('closing.ipynb', [cell(imports), cell(probabilities), cell(loss)]);
  const uri = cellUri(notebook, 2);
  await diagnosticsToBe(uri, ['NAN101']);
  await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  await diagnosticsToBe(uri, []);
});
