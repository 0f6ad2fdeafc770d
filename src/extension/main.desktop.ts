// Entry for VS Code's Node extension host: on the desktop, over SSH, in containers.

import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { ExtensionApi } from './activate';
import type { WorkerConnection } from './engine/client';
import type { FromWorker } from './engine/messages';
import { openNodeFile } from './features/dump-viewer/node-file';
import { activateOn } from './main.web';
import { diskFacts } from './workspace-check/disk-facts';

async function connectWorker(extensionUri: vscode.Uri): Promise<WorkerConnection> {
  const worker = new Worker(vscode.Uri.joinPath(extensionUri, 'dist', 'worker.js').fsPath);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', (message: FromWorker) => listener(message)),
    onDeath(listener) {
      worker.once('error', (error) => listener(error.message));
      worker.once('exit', (code) => listener(`it exited with code ${code}`));
    },
    terminate: () => void worker.terminate(),
  };
}

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  return activateOn({ name: 'desktop', connectWorker, openFile: openNodeFile, files: diskFacts }, context);
}
