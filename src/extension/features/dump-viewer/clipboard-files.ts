// Pasted logs as files that exist only in memory, so that the viewer opens them like any other.

import * as vscode from 'vscode';

export const clipboardScheme = 'nanlens-clipboard';

export class ClipboardFiles implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly files = new Map<string, { readonly bytes: Uint8Array; readonly time: number }>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;

  add(text: string): vscode.Uri {
    const name = vscode.l10n.t('Clipboard {0}', this.files.size + 1).replaceAll('/', '-');
    const uri = vscode.Uri.from({ scheme: clipboardScheme, path: `/${name}.log` });
    this.files.set(uri.path, { bytes: new TextEncoder().encode(text), time: Date.now() });
    return uri;
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { bytes, time } = this.find(uri);
    return {
      type: vscode.FileType.File,
      ctime: time,
      mtime: time,
      size: bytes.length,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.find(uri).bytes;
  }

  readDirectory(): [string, vscode.FileType][] {
    return [...this.files.keys()].map((path) => [path.slice(1), vscode.FileType.File]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.changed.dispose();
    this.files.clear();
  }

  private find(uri: vscode.Uri): { readonly bytes: Uint8Array; readonly time: number } {
    const file = this.files.get(uri.path);
    if (file) return file;
    throw new vscode.FileSystemError(
      vscode.l10n.t('This text came from the clipboard and is no longer there. Copy it again and open it anew.'),
    );
  }
}
