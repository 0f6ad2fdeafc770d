// The configuration files that a program names, read from beside it, in an editor or on whatever file system that is.

import * as vscode from 'vscode';
import { LONGEST_CONFIGURATION, mentionedFiles } from '../../analyzer/mentioned-files';

export interface FilesBeside {
  /** Texts by the names that the program gives them. */
  readonly texts: Readonly<Record<string, string>>;
  /** Where each was looked for, whether it was there or not: what to look at for changes. */
  readonly places: ReadonlySet<string>;
}

export const NOTHING_BESIDE: FilesBeside = { texts: {}, places: new Set() };

/** Undefined where the program names no file, so that most need not wait. */
export function filesBeside(uri: vscode.Uri, cells: readonly string[]): Promise<FilesBeside> | undefined {
  const names = mentionedFiles(cells);
  return names.length === 0 || uri.scheme === 'untitled' ? undefined : read(uri, names);
}

async function read(uri: vscode.Uri, names: readonly string[]): Promise<FilesBeside> {
  const workspace = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  const folders = [vscode.Uri.joinPath(uri, '..'), ...(workspace ? [workspace] : [])];
  const texts: Record<string, string> = {};
  const places = new Set<string>();
  for (const name of names) {
    for (const folder of folders) {
      const place = vscode.Uri.joinPath(folder, name);
      places.add(place.toString());
      const text = await textOf(place);
      if (text === undefined) continue;
      texts[name] = text;
      break;
    }
  }
  return { texts, places };
}

/** What an editor shows counts more than what is saved. */
async function textOf(place: vscode.Uri): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === place.toString());
  if (open && !open.isClosed) return open.getText();
  try {
    const { size } = await vscode.workspace.fs.stat(place);
    if (size > LONGEST_CONFIGURATION) return undefined;
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(place));
  } catch {
    return undefined;
  }
}
