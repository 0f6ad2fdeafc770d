// Any file system of VS Code as a tree of files: a disk, a container, a repository on a server.

import * as vscode from 'vscode';
import type { FileTree } from '../../project/file-tree';
import type { Platform } from '../platform';

/** Files that say what is ignored are short. In bytes. */
const LONGEST_TEXT = 1_000_000;

/** @param base any resource of the file system */
export function editorTree(base: vscode.Uri, platform: Pick<Platform, 'files'>): FileTree {
  const { fs } = vscode.workspace;
  const at = (path: string): vscode.Uri => base.with({ path, query: '', fragment: '' });
  const own = base.scheme === 'file' ? platform.files : undefined;
  return {
    ignoresCase: own?.ignoresCase ?? false,
    async list(folder) {
      return (await fs.readDirectory(at(folder))).map(([name, type]) => ({ name, kind: kindOf(type) }));
    },
    async readText(file) {
      try {
        const { type, size } = await fs.stat(at(file));
        if ((type & vscode.FileType.File) === 0 || size > LONGEST_TEXT) return undefined;
        return new TextDecoder().decode(await fs.readFile(at(file)));
      } catch {
        return undefined;
      }
    },
    async leadsToFile(link) {
      try {
        return ((await fs.stat(at(link))).type & vscode.FileType.File) !== 0;
      } catch {
        return false;
      }
    },
    ...(own && { realPath: (file) => own.realPath(at(file)) }),
  };
}

function kindOf(type: vscode.FileType): 'file' | 'folder' | 'link' | 'other' {
  if (type & vscode.FileType.SymbolicLink) return 'link';
  if (type & vscode.FileType.Directory) return 'folder';
  return type & vscode.FileType.File ? 'file' : 'other';
}
