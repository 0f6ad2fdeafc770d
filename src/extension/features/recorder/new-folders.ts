// Looks into the recorder's new folders by itself: file watchers miss what is made in a folder right after the folder.

import * as vscode from 'vscode';
import type { Clock } from '../../engine/clock';

/** Where the recorder writes unless it is told otherwise. */
const PATTERN = '**/nanlens-dumps';
const FIRST_LOOK = 300;
const LONGEST_PAUSE = 30_000;
const MOST_ENTRIES = 1000;

/** A folder that was there before is watched as a whole; one that is made while the window is open is also looked into. */
export class NewFolders implements vscode.Disposable {
  private readonly watcher = vscode.workspace.createFileSystemWatcher(PATTERN, false, true, true);
  private readonly looks = new Map<string, () => void>();
  private isDisposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly onFile: (uri: vscode.Uri) => void,
  ) {
    this.watcher.onDidCreate((uri) => this.lookSoon(uri, FIRST_LOOK));
  }

  dispose(): void {
    this.isDisposed = true;
    for (const cancel of this.looks.values()) cancel();
    this.watcher.dispose();
  }

  private lookSoon(folder: vscode.Uri, pause: number): void {
    if (this.isDisposed) return;
    const key = folder.toString();
    this.looks.get(key)?.();
    const cancel = this.clock.after(pause, async () => {
      this.looks.delete(key);
      if (await this.look(folder)) this.lookSoon(folder, Math.min(2 * pause, LONGEST_PAUSE));
    });
    this.looks.set(key, cancel);
  }

  /** Reports the files in the folder and in the folders of its runs; false where the folder is gone. */
  private async look(folder: vscode.Uri): Promise<boolean> {
    try {
      for (const [name, type] of await entriesOf(folder)) {
        const uri = vscode.Uri.joinPath(folder, name);
        if (type === vscode.FileType.File) this.onFile(uri);
        else if (type === vscode.FileType.Directory) {
          for (const [inner] of await entriesOf(uri)) this.onFile(vscode.Uri.joinPath(uri, inner));
        }
      }
      return true;
    } catch {
      return false;
    }
  }
}

async function entriesOf(folder: vscode.Uri): Promise<readonly [string, vscode.FileType][]> {
  return (await vscode.workspace.fs.readDirectory(folder)).slice(0, MOST_ENTRIES);
}
