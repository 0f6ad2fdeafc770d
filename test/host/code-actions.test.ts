// The light bulb in a real editor: what it offers changes the text as it says.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { applyCodeAction, codeActions, diagnosticsToBe, openFile } from '../harness/editor';
import { test } from '../harness/suite';

const header = 'import torch\n\n\ndef entropy(logits, targets):\n    p = torch.softmax(logits, dim=-1)\n';
const bad = `${header}    return -(targets * torch.log(p)).sum()\n`;
const twice = `${header}    a = torch.log(p)\n    b = torch.log(p)\n    return a + b\n`;
/** One finding with a safe fix (log of softmax), one whose only fixes change numbers. */
const mixed = `${header}    q = torch.relu(targets)\n    return torch.log(p) + torch.log(q)\n`;

function quickFix(actions: readonly vscode.CodeAction[], title: RegExp): vscode.CodeAction {
  const found = actions.find((action) => title.test(action.title));
  if (!found) throw new Error(`No action like ${title} among: ${actions.map((action) => action.title).join(' | ')}`);
  return found;
}

async function open(name: string, text: string, codes: readonly string[]) {
  const editor = await openFile(name, text);
  const diagnostics = await diagnosticsToBe(editor.document.uri, codes);
  const [first] = diagnostics;
  if (!first) throw new Error('no diagnostic');
  return { editor, document: editor.document, uri: editor.document.uri, range: first.range };
}

test('a fix chosen from the light bulb changes the text and ends the finding', async () => {
  const { document, uri, range } = await open('fix.py', bad, ['NAN101']);
  const action = quickFix(await codeActions(document, range), /log_softmax/);
  assert.isTrue(action.isPreferred);
  await applyCodeAction(action);
  assert.include(document.getText(), 'torch.log_softmax(logits, dim=-1)');
  await diagnosticsToBe(uri, []);
});

test('fixes that change numbers are offered but never preferred', async () => {
  const { document, uri, range } = await open('unsafe.py', bad, ['NAN101']);
  const actions = await codeActions(document, range);
  const clamp = quickFix(actions, /^Clamp .* \(may change results\)$/);
  assert.isNotTrue(clamp.isPreferred);
  assert.lengthOf(
    actions.filter((action) => action.isPreferred),
    1,
  );
  await applyCodeAction(clamp);
  assert.include(document.getText(), 'clamp(min=');
  await diagnosticsToBe(uri, []);
});

test('a fix is for the text as it is, even right after an edit', async () => {
  const { editor, document, uri } = await open('fresh.py', bad, ['NAN101']);
  await editor.edit((builder) => builder.insert(new vscode.Position(0, 0), '"""Doc."""\n'));
  const start = document.positionAt(document.getText().indexOf('torch.log'));
  const action = quickFix(await codeActions(document, new vscode.Range(start, start)), /log_softmax/);
  await applyCodeAction(action);
  assert.equal(document.getText(), `"""Doc."""\n${bad.replace('torch.log(p)', 'torch.log_softmax(logits, dim=-1)')}`);
  await diagnosticsToBe(uri, []);
});

test('a line is silenced by a comment that names the rule', async () => {
  const { document, uri, range } = await open('line.py', bad.replace('.sum()\n', '.sum()  # why\n'), ['NAN101']);
  await applyCodeAction(quickFix(await codeActions(document, range), /Ignore NAN101 on this line/));
  assert.include(document.getText(), '.sum()  # why  # nanlens: ignore[NAN101]\n');
  await diagnosticsToBe(uri, []);
});

test('a file is silenced by a comment at its top', async () => {
  const { document, uri, range } = await open('file.py', twice, ['NAN101', 'NAN101']);
  await applyCodeAction(quickFix(await codeActions(document, range), /Ignore NAN101 in this file/));
  assert.equal(document.getText(), `# nanlens: ignore-file[NAN101]\n${twice}`);
  await diagnosticsToBe(uri, []);
});

test('all findings of a rule are fixed at once', async () => {
  const { document, uri, range } = await open('all.py', twice, ['NAN101', 'NAN101']);
  await applyCodeAction(quickFix(await codeActions(document, range), /Fix all NAN101 in this file/));
  assert.equal(document.getText(), twice.replaceAll('torch.log(p)', 'torch.log_softmax(logits, dim=-1)'));
  await diagnosticsToBe(uri, []);
});

test('source.fixAll.nanlens does what is safe and no more', async () => {
  const { document, uri } = await open('source.py', mixed, ['NAN101', 'NAN101']);
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  for (const kind of ['source.fixAll.nanlens', 'source.fixAll']) {
    const actions = (await codeActions(document, whole, vscode.CodeActionKind.Empty.append(kind))).filter((action) =>
      action.title.includes('NaN Lens'),
    );
    assert.lengthOf(actions, 1, kind);
  }
  const [action] = await codeActions(document, whole, vscode.CodeActionKind.Empty.append('source.fixAll.nanlens'));
  if (!action) throw new Error('no source action');
  await applyCodeAction(action);
  assert.equal(document.getText(), mixed.replace('torch.log(p)', 'torch.log_softmax(logits, dim=-1)'));
  await diagnosticsToBe(uri, ['NAN101']);
  const left = await codeActions(document, whole, vscode.CodeActionKind.Empty.append('source.fixAll.nanlens'));
  assert.lengthOf(left, 0, 'nothing safe is left');
});

test('source actions stay out of the light bulb', async () => {
  const { document, range } = await open('bulb.py', bad, ['NAN101']);
  const all = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
  );
  assert.isFalse(all.some((action) => action.kind && vscode.CodeActionKind.Source.contains(action.kind)));
});

test('a healthy place offers no fix', async () => {
  const { document } = await open('healthy.py', bad, ['NAN101']);
  const actions = await codeActions(document, new vscode.Range(0, 0, 0, 0));
  assert.deepEqual(
    actions.filter((action) => /NAN\d+/.test(action.title)),
    [],
  );
});

test('on save, only what is safe is fixed', async () => {
  const settings = vscode.workspace.getConfiguration('editor');
  const target = vscode.ConfigurationTarget.Workspace;
  await settings.update('codeActionsOnSave', { 'source.fixAll.nanlens': 'explicit' }, target);
  try {
    const { editor, document, uri } = await open('save.py', mixed, ['NAN101', 'NAN101']);
    await editor.edit((builder) => builder.insert(new vscode.Position(0, 0), '# saved\n'));
    assert.isTrue(await document.save());
    const expected = `# saved\n${mixed.replace('torch.log(p)', 'torch.log_softmax(logits, dim=-1)')}`;
    assert.equal(document.getText(), expected);
    assert.equal(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)), expected);
  } finally {
    await settings.update('codeActionsOnSave', undefined, target);
  }
});
