// The configuration files that a program names, read from beside it, in an editor or on whatever file system that is.

import * as vscode from 'vscode';
import { LONGEST_CONFIGURATION, mentionedFiles } from '../../analyzer/mentioned-files';
import { textOf } from '../text-of';

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
      const text = await textOf(place, LONGEST_CONFIGURATION);
      if (text === undefined) continue;
      texts[name] = text;
      break;
    }
  }
  return { texts, places };
}
