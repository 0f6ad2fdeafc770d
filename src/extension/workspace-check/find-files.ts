// Which files a check is about: all of the workspace, those of a folder, or those that have changed.

import * as vscode from 'vscode';
import { Discovery } from '../../project/discovery';
import { pathBelow } from '../../project/file-tree';
import type { Platform } from '../platform';
import { editorTree } from './editor-tree';
import { changedFiles } from './git-changes';
import { hiddenBy } from './glob';

export type CheckScope =
  | { readonly kind: 'workspace' }
  | { readonly kind: 'folders'; readonly folders: readonly vscode.Uri[] }
  | { readonly kind: 'changed' };

export interface FoundFiles {
  /** Each once, in the order in which they are shown. */
  readonly files: readonly vscode.Uri[];
  /** Python files and notebooks that a rule excludes. */
  readonly excluded: number;
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

export interface FindOptions {
  readonly platform: Pick<Platform, 'files'>;
  readonly token: vscode.CancellationToken;
  readonly onProgress: (found: number) => void;
  /** Whether the project's own settings leave the file out. */
  readonly isExcluded: (uri: vscode.Uri) => Promise<boolean> | boolean;
}

/** Never throws; `reason` says why nothing could be looked for. */
export async function findFiles(
  scope: CheckScope,
  options: FindOptions,
): Promise<FoundFiles | { readonly reason: string }> {
  const workspaces = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  if (scope.kind === 'workspace') {
    if (workspaces.length === 0) return { reason: vscode.l10n.t('Open a folder first: there is no workspace.') };
    return collect(workspaces, options, (search, folder) => search.walk(folder.path));
  }
  if (scope.kind === 'folders') return collect(scope.folders, options, (search, folder) => search.walk(folder.path));
  const changed = await changedFiles();
  if ('reason' in changed) return changed;
  return collect(workspaces, options, async (search, folder) => {
    for (const uri of changed) {
      if (workspaceOf(uri)?.toString() !== folder.toString() || !(await isFile(uri))) continue;
      await search.takeIfWalked(uri.path, folder.path);
    }
  });
}

async function collect(
  folders: readonly vscode.Uri[],
  { platform, token, onProgress, isExcluded }: FindOptions,
  look: (search: Discovery, folder: vscode.Uri) => Promise<void>,
): Promise<FoundFiles> {
  const files = new Map<string, vscode.Uri>();
  const problems: string[] = [];
  let excluded = 0;
  for (const folder of folders) {
    const at = (path: string): vscode.Uri => folder.with({ path });
    const top = workspaceOf(folder) ?? folder;
    const isHidden = hiddenBy(vscode.workspace.getConfiguration('files', folder).get('exclude'));
    const search = new Discovery(editorTree(folder, platform), {
      top: top.path,
      isExcluded: async (path, isFolder) =>
        isHidden(pathBelow(top.path, path) ?? path) || (!isFolder && (await isExcluded(at(path)))),
      onProgress: (found) => onProgress(files.size + found),
      isCancelled: () => token.isCancellationRequested,
    });
    await look(search, folder);
    for (const path of [...search.files].sort()) files.set(at(path).toString(), at(path));
    for (const { path, error } of search.unreadable) {
      const words = error instanceof Error ? error.message : String(error);
      problems.push(vscode.l10n.t('{0} could not be read: {1}', vscode.workspace.asRelativePath(at(path)), words));
    }
    excluded += search.excluded;
  }
  return { files: [...files.values()], excluded, problems };
}

function workspaceOf(uri: vscode.Uri): vscode.Uri | undefined {
  return vscode.workspace.getWorkspaceFolder(uri)?.uri;
}

async function isFile(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File) !== 0;
  } catch {
    return false;
  }
}
