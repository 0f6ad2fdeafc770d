// What differs between the desktop and the web: how a worker is made, and what is known of files beyond VS Code's own API.

import type * as vscode from 'vscode';
import type { ByteSource } from '../dump/model';
import type { WorkerConnection } from './engine/client';

/** What only the system itself says of files on a disk. */
export interface DiskFacts {
  /** Whether names that differ in case alone are one file. */
  readonly ignoresCase: boolean;
  /** The path of the URI that links lead to; its own where it cannot be told. */
  realPath(uri: vscode.Uri): Promise<string>;
}

export interface Platform {
  readonly name: 'desktop' | 'web';
  /** Starts the engine's worker from the extension's folder. @throws where no worker can be made */
  connectWorker(extensionUri: vscode.Uri): Promise<WorkerConnection>;
  /** Undefined for what cannot be read by ranges; VS Code's own file systems only give whole files. */
  openFile?(uri: vscode.Uri): Promise<ByteSource> | undefined;
  /** Undefined where there is no disk. */
  readonly files?: DiskFacts;
}
