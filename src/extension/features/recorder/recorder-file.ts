// The recorder's file beside a script: put there whole or not at all, and never over a different one without a word.

import * as vscode from 'vscode';
import { RECORDER_FILE } from '../../../analyzer/recorder/marks';

export type FileState = 'absent' | 'same' | 'different';

/** What is to happen to a file of that name that holds something else. */
export type WhenDifferent = 'replace' | 'keep';

export class RecorderFile {
  constructor(private readonly extensionUri: vscode.Uri) {}

  /** @throws FileSystemError where the script has no folder that can be read */
  async stateBeside(script: vscode.Uri): Promise<FileState> {
    const shipped = await this.shipped();
    try {
      const present = await vscode.workspace.fs.readFile(besideOf(script));
      return areEqual(present, shipped) ? 'same' : 'different';
    } catch (error) {
      if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return 'absent';
      throw error;
    }
  }

  /** @throws FileSystemError where the folder cannot be written; nothing half-written is left then */
  async putBeside(script: vscode.Uri, { overwrite }: { readonly overwrite: boolean }): Promise<vscode.Uri> {
    const { fs } = vscode.workspace;
    const target = besideOf(script);
    const suffix = Math.floor(Math.random() * 0x1_0000_0000).toString(36);
    const temporary = vscode.Uri.joinPath(target, '..', `.${RECORDER_FILE}.${suffix}.tmp`);
    await fs.writeFile(temporary, await this.shipped());
    try {
      await fs.rename(temporary, target, { overwrite });
    } catch (error) {
      await Promise.resolve(fs.delete(temporary)).catch(() => undefined);
      throw error;
    }
    return target;
  }

  private shipped(): Thenable<Uint8Array> {
    return vscode.workspace.fs.readFile(vscode.Uri.joinPath(this.extensionUri, 'media', 'recorder', RECORDER_FILE));
  }
}

function besideOf(script: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(script, '..', RECORDER_FILE);
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
