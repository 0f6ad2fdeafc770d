// The extension as a whole: it is there, it starts by itself, and it registers what its manifest promises.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { openFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

const id = 'nanlens.nanlens';

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(id);
  if (!found) throw new Error(`${id} is not installed`);
  return found;
}

test('opening a Python file activates the extension', async () => {
  await openFile('plain.py', 'import torch\n');
  await eventually('active', () => extension().isActive);
});

test('every command of the manifest is registered', async () => {
  await openFile('plain.py', 'import torch\n');
  await eventually('active', () => extension().isActive);
  const manifest = extension().packageJSON as { contributes?: { commands?: readonly { command: string }[] } };
  const promised = (manifest.contributes?.commands ?? []).map((each) => each.command);
  const registered = new Set(await vscode.commands.getCommands(true));
  assert.isNotEmpty(promised);
  assert.deepEqual(
    promised.filter((command) => !registered.has(command)),
    [],
  );
});
