// A folder of the workspace, or of this machine, as the readers of dumps see it.

import * as vscode from 'vscode';
import type { ClosableSource, Folder, FolderEntry } from '../../../dump/folder';
import type { ByteSource } from '../../../dump/model';

/** Folders in which nobody keeps what a run has left, and in which there are thousands of files. */
const excluded = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__', 'site-packages']);

/** @param open reads one file */
export function folderAt(uri: vscode.Uri, open: (uri: vscode.Uri) => Promise<ByteSource>): Folder {
  const at = (path: string): vscode.Uri => (path === '' ? uri : vscode.Uri.joinPath(uri, path));
  return {
    name: uri.path.split('/').filter(Boolean).at(-1) ?? uri.path,
    async entries(path) {
      const entries = await vscode.workspace.fs.readDirectory(at(path));
      return entries.flatMap(([name, type]): FolderEntry[] => {
        // A link to a folder could lead around in a circle.
        if (type === vscode.FileType.Directory) return excluded.has(name) ? [] : [{ name, isFolder: true }];
        return type & vscode.FileType.File ? [{ name, isFolder: false }] : [];
      });
    },
    async open(path): Promise<ClosableSource> {
      return { ...(await open(at(path))), close: async () => undefined };
    },
  };
}

export async function isFolder(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  } catch {
    return false;
  }
}
