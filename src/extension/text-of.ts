// The text of a file as a person sees it: what an editor shows counts more than what is saved.

import * as vscode from 'vscode';

/** Undefined for what is not there, cannot be read, or is longer than `limit` bytes. */
export async function textOf(uri: vscode.Uri, limit: number): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open && !open.isClosed) return open.getText();
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    return size > limit ? undefined : new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return undefined;
  }
}
