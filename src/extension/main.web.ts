// Entry for VS Code's web extension host: vscode.dev and any browser.

import * as vscode from 'vscode';
import { activateOn, type ExtensionApi } from './activate';
import type { WorkerConnection } from './engine/client';
import type { FromWorker } from './engine/messages';

/** The script comes through the file system: its own address may be of another origin, which no worker may have. */
async function connectWorker(extensionUri: vscode.Uri): Promise<WorkerConnection> {
  const script = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist', 'worker.js'));
  const address = URL.createObjectURL(new Blob([new Uint8Array(script)], { type: 'text/javascript' }));
  const worker = new Worker(address, { name: 'NaN Lens' });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) =>
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => listener(event.data)),
    onDeath(listener) {
      worker.addEventListener('error', (event) => listener(event.message || 'it failed without saying why'));
    },
    terminate() {
      worker.terminate();
      URL.revokeObjectURL(address);
    },
  };
}

/** The desktop's entry builds on this bundle. */
export { activateOn };

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  return activateOn({ name: 'web', connectWorker }, context);
}
