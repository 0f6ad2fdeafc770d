// Reads through the editor's own file systems, remote and virtual ones included; these give whole files only.

import * as vscode from 'vscode';
import { bytesSource } from '../../../dump/byte-source';
import type { ByteSource } from '../../../dump/model';

/** In bytes. More would have to be held in memory at once. */
const largestWholeFile = 512 * 1024 * 1024;

/** Rejects, in words, where the file cannot be read or is too large to be held. */
export async function openWorkspaceFile(uri: vscode.Uri): Promise<ByteSource> {
  const { size, type } = await vscode.workspace.fs.stat(uri);
  if (type & vscode.FileType.Directory) throw new Error(vscode.l10n.t('This is a folder, not a file.'));
  if (size > largestWholeFile) {
    throw new Error(
      vscode.l10n.t(
        'The file has {0} MB; through this file system at most {1} MB can be read.',
        Math.round(size / 1e6),
        Math.round(largestWholeFile / 1e6),
      ),
    );
  }
  return bytesSource(uri.path, await vscode.workspace.fs.readFile(uri));
}
