// What differs between the desktop and the web: how a worker is made, and whether files can be read by ranges.

import type * as vscode from 'vscode';
import type { ByteSource } from '../dump/model';
import type { WorkerConnection } from './engine/client';

export interface Platform {
  readonly name: 'desktop' | 'web';
  /** Starts the engine's worker from the extension's folder. @throws where no worker can be made */
  connectWorker(extensionUri: vscode.Uri): Promise<WorkerConnection>;
  /** Undefined for what cannot be read by ranges; VS Code's own file systems only give whole files. */
  openFile?(uri: vscode.Uri): Promise<ByteSource> | undefined;
}
