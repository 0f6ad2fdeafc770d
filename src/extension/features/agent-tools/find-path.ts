// From a path that a language model gave to a file: of the workspace or open in an editor, and of nowhere else.

import * as vscode from 'vscode';
import { ToolError } from '../../../agent/tool';

function isOpen(uri: vscode.Uri): boolean {
  const key = uri.toString();
  const isShown = (other: { readonly uri: vscode.Uri; readonly isClosed: boolean }): boolean =>
    !other.isClosed && other.uri.toString() === key;
  return vscode.workspace.textDocuments.some(isShown) || vscode.workspace.notebookDocuments.some(isShown);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** What the path may mean, most likely first. */
function candidates(given: string): vscode.Uri[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  // A single letter before the colon is a drive.
  if (/^[a-z][a-z\d+.-]+:/i.test(given)) return [vscode.Uri.parse(given)];
  if (/^(?:[a-z]:)?[\\/]/i.test(given)) {
    const { path } = vscode.Uri.file(given);
    const schemes = folders.map(({ uri }) => uri.with({ path }));
    return [...schemes, vscode.Uri.file(given)];
  }
  const path = given.replaceAll('\\', '/');
  const [first = '', ...rest] = path.split('/');
  const named = folders.filter(({ name }) => name === first && rest.length > 0);
  return [
    ...folders.map(({ uri }) => vscode.Uri.joinPath(uri, path)),
    ...named.map(({ uri }) => vscode.Uri.joinPath(uri, ...rest)),
  ];
}

/** @throws ToolError in words, where there is no such file that may be read */
export async function findPath(given: string): Promise<vscode.Uri> {
  let uris: vscode.Uri[];
  try {
    uris = candidates(given);
  } catch {
    throw new ToolError(`"${given}" is no path.`);
  }
  const allowed = uris.filter((uri) => isOpen(uri) || vscode.workspace.getWorkspaceFolder(uri) !== undefined);
  if (allowed.length === 0) throw new ToolError(`"${given}" is neither in the workspace nor open in an editor.`);
  for (const uri of allowed) if (isOpen(uri) || (await exists(uri))) return uri;
  throw new ToolError(`There is no "${given}" in the workspace.`);
}

export function shownPath(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}
