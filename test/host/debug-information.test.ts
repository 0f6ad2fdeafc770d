// The report for a fault says how the analysis stands, and nothing of what the code says.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { diagnosticsToBe, openFile } from '../harness/editor';
import { test } from '../harness/suite';

test('debug information tells versions, settings and findings, but neither text nor name of a file', async () => {
  const editor = await openFile(
    'confidential_name.py',
    'import torch\nsecret_value = torch.log(torch.softmax(x, -1))\n',
  );
  await diagnosticsToBe(editor.document.uri, ['NAN101']);
  await vscode.commands.executeCommand('nanlens.printDebugInformation');
  const document = vscode.window.activeTextEditor?.document;
  const text = document?.getText() ?? '';
  assert.equal(document?.isUntitled, true);
  assert.include(text, vscode.version);
  assert.match(text, /analysis runs in: "worker"/);
  assert.match(text, /findings: \["NAN101"\]/);
  assert.notInclude(text, 'confidential_name');
  assert.notInclude(text, 'secret_value');
});
