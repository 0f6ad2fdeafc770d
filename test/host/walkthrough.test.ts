// The walkthrough's steps, each on a real script: what a command does, that it takes it out again, and that all is there.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { codeActions, diagnosticsOf, diagnosticsToBe, openFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

const script = [
  'import torch',
  'from torch import nn',
  '',
  'model = nn.Linear(4, 3)',
  'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)',
  'criterion = nn.CrossEntropyLoss()',
  'scaler = torch.amp.GradScaler()',
  'loader = [(torch.randn(8, 4), torch.randint(0, 3, (8,)))]',
  'for x, y in loader:',
  '    optimizer.zero_grad()',
  '    with torch.autocast("cuda"):',
  '        loss = criterion(model(x), y)',
  '    scaler.scale(loss).backward()',
  '    scaler.step(optimizer)',
  '    scaler.update()',
  '',
].join('\n');

const steps: Readonly<Record<string, string>> = {
  'nanlens.tryOneBatch': 'for x, y in _nanlens_one_batch(loader):',
  'nanlens.checkLabels': 'criterion(*_nanlens_labels("classes", -100, model(x), y))',
  'nanlens.lowerLearningRate': 'lr=_nanlens_lower_rate(0.1)',
  'nanlens.turnOffHalfPrecision': 'torch.autocast("cuda", enabled=_nanlens_full_precision(None, False))',
};

for (const [command, expected] of Object.entries(steps)) {
  test(`${command} changes the open script, and takes it out again`, async () => {
    const { document } = await openFile('train.py', script);
    await vscode.commands.executeCommand(command);
    const changed = document.getText();
    assert.include(changed, expected);
    await vscode.commands.executeCommand(command, { uri: document.uri });
    assert.equal(document.getText(), script);
    await vscode.commands.executeCommand(command, { uri: document.uri });
    assert.equal(document.getText(), changed);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), script, 'one step back');
  });
}

test('all steps are taken out by one command', async () => {
  const { document } = await openFile('train.py', script);
  for (const command of Object.keys(steps)) await vscode.commands.executeCommand(command);
  assert.notEqual(document.getText(), script);
  await vscode.commands.executeCommand('nanlens.removeDebugSteps');
  assert.equal(document.getText(), script);
});

test('a step works on the script that was edited last, behind the walkthrough', async () => {
  const { document } = await openFile('train.py', script);
  await vscode.commands.executeCommand('nanlens.openWalkthrough');
  await eventually('the walkthrough has the focus', () => vscode.window.activeTextEditor === undefined);
  await vscode.commands.executeCommand('nanlens.lowerLearningRate');
  assert.include(document.getText(), '_nanlens_lower_rate(0.1)');
  assert.equal(vscode.window.activeTextEditor?.document, document);
});

test('the sample is an editable script with findings and fixes', async () => {
  await vscode.commands.executeCommand('nanlens.openSample');
  const document = vscode.window.activeTextEditor?.document;
  assert.isTrue(document?.isUntitled);
  if (!document) return;
  assert.equal(document.languageId, 'python');
  const found = await eventually('findings in the sample', () => {
    const diagnostics = diagnosticsOf(document.uri);
    return diagnostics.length > 0 && diagnostics;
  });
  assert.isAtLeast(found.length, 3);
  const actions = await Promise.all(found.map(({ range }) => codeActions(document, range)));
  assert.isNotEmpty(actions.flat().filter(({ edit, title }) => edit && !title.startsWith('Ignore')));
});

test('every command and page of the walkthrough exists', async () => {
  const extension = vscode.extensions.all.find(({ packageJSON }) => packageJSON.name === 'nanlens');
  assert.isDefined(extension);
  if (!extension) return;
  const [walkthrough] = extension.packageJSON.contributes.walkthroughs;
  assert.isAtLeast(walkthrough.steps.length, 8);
  const commands = new Set(await vscode.commands.getCommands());
  for (const { description, media, completionEvents, title } of walkthrough.steps) {
    assert.notMatch(title + description, /%/, 'texts are filled in');
    const named = [...description.matchAll(/\(command:([\w.]+)\)/g)].map(([, command]) => command);
    assert.isNotEmpty(named);
    for (const command of named) assert.isTrue(commands.has(command), command);
    for (const event of completionEvents) assert.isTrue(commands.has(event.replace('onCommand:', '')), event);
    const page = vscode.Uri.joinPath(extension.extensionUri, media.markdown);
    assert.isNotEmpty(await vscode.workspace.fs.readFile(page));
  }
});

test('a finding is explained from the light bulb, with its own evidence above the page of its rule', async () => {
  const text = 'import torch\n\n\ndef f(x):\n    p = torch.softmax(x, dim=-1)\n    return torch.log(p)\n';
  const { document } = await openFile('explained.py', text);
  const [finding] = await diagnosticsToBe(document.uri, ['NAN101']);
  if (!finding) return;
  const actions = await codeActions(document, finding.range);
  const explain = actions.find(({ title }) => title === 'Explain NAN101');
  assert.isDefined(explain?.command);
  await vscode.commands.executeCommand(explain?.command?.command ?? '', ...(explain?.command?.arguments ?? []));
  const page = await eventually('the page', () => {
    const inputs = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ input }) => input));
    return inputs
      .filter((input) => input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText)
      .find(({ uri }) => uri.scheme === 'nanlens-rule');
  });
  const shown = new TextDecoder().decode(await vscode.workspace.fs.readFile(page.uri));
  assert.match(shown, /^> \*\*explained\\?\.py, line 6\*\*: /);
  assert.include(shown, '> - line 5: softmax gives 0');
  assert.include(shown, '# ');
  const plain = page.uri.with({ query: '' });
  assert.notInclude(new TextDecoder().decode(await vscode.workspace.fs.readFile(plain)), 'explained');
});
