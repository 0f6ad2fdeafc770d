// Settings count at once, for each resource, and bad values do no harm.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { diagnosticsToBe, openFile } from '../harness/editor';
import { afterEach, test } from '../harness/suite';

const bad = 'import torch\n\n\ndef entropy(logits):\n    p = torch.softmax(logits, dim=-1)\n    return torch.log(p)\n';
const unknown = 'import torch\n\n\ndef f(x: torch.Tensor):\n    return torch.log(x)\n';

let changed: string[] = [];

async function set(name: string, value: unknown): Promise<void> {
  changed.push(name);
  await vscode.workspace.getConfiguration('nanlens').update(name, value, vscode.ConfigurationTarget.Workspace);
}

afterEach(async () => {
  for (const name of changed) {
    await vscode.workspace.getConfiguration('nanlens').update(name, undefined, vscode.ConfigurationTarget.Workspace);
  }
  changed = [];
});

test('nanlens.enable switches off and on, by setting and by command', async () => {
  const { document } = await openFile('enable.py', bad);
  await diagnosticsToBe(document.uri, ['NAN101']);
  await set('enable', false);
  await diagnosticsToBe(document.uri, []);
  await set('enable', true);
  await diagnosticsToBe(document.uri, ['NAN101']);
  await vscode.commands.executeCommand('nanlens.disableForWorkspace');
  await diagnosticsToBe(document.uri, []);
  await vscode.commands.executeCommand('nanlens.enableForWorkspace');
  await diagnosticsToBe(document.uri, ['NAN101']);
});

test('rules are chosen by code, prefix and name', async () => {
  const { document } = await openFile('select.py', bad);
  await diagnosticsToBe(document.uri, ['NAN101']);
  await set('ignore', ['NAN101']);
  await diagnosticsToBe(document.uri, []);
  await set('ignore', []);
  await set('select', ['NAN4']);
  await diagnosticsToBe(document.uri, []);
  await set('select', ['log-of-possible-zero']);
  await diagnosticsToBe(document.uri, ['NAN101']);
});

test('severity is a choice of each rule', async () => {
  const { document } = await openFile('severity.py', bad);
  await set('severity', { NAN101: 'error' });
  let [found] = await diagnosticsToBe(document.uri, ['NAN101']);
  for (let i = 0; i < 100 && found?.severity !== vscode.DiagnosticSeverity.Error; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    [found] = await diagnosticsToBe(document.uri, ['NAN101']);
  }
  assert.equal(found?.severity, vscode.DiagnosticSeverity.Error);
  await set('severity', { NAN101: 'off' });
  await diagnosticsToBe(document.uri, []);
});

test('what is only possible is shown to those who ask', async () => {
  const { document } = await openFile('possible.py', unknown);
  await diagnosticsToBe(document.uri, []);
  await set('minConfidence', 'possible');
  const [found] = await diagnosticsToBe(document.uri, ['NAN101']);
  assert.match(found?.message ?? '', /possible, not proven/);
});

test('values that make no sense are as if they were not there', async () => {
  const { document } = await openFile('nonsense.py', bad);
  await set('minConfidence', 'sure');
  await set('severity', { NAN101: 'loud', NAN999: 'error' });
  await set('ignore', 'NAN101');
  await diagnosticsToBe(document.uri, ['NAN101']);
});
