// The way through a NaN, step by step, and a sample script to try it on.

import * as vscode from 'vscode';
import sample from '../../../examples/usual_culprits.py';

export const OPEN_SAMPLE_COMMAND = 'nanlens.openSample';
const OPEN_WALKTHROUGH_COMMAND = 'nanlens.openWalkthrough';
const WALKTHROUGH = 'find-a-nan';

/** A text of the person's own: it may be changed, run and saved anywhere, and nothing of the extension changes with it. */
async function openSample(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: sample });
  await vscode.window.showTextDocument(document, { preview: false });
}

export function registerWalkthrough(extensionId: string): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(OPEN_SAMPLE_COMMAND, openSample),
    vscode.commands.registerCommand(OPEN_WALKTHROUGH_COMMAND, () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', `${extensionId}#${WALKTHROUGH}`, false),
    ),
  );
}
