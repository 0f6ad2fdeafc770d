// The text of source files as it stands now, unsaved changes included.

import * as vscode from 'vscode';

/** In bytes. Nobody writes a longer source file by hand. */
const largestSource = 8 * 1024 * 1024;

export const FrameFiles = {
  async exists(uri: vscode.Uri): Promise<boolean> {
    try {
      const { type } = await vscode.workspace.fs.stat(uri);
      return (type & vscode.FileType.File) !== 0;
    } catch {
      return false;
    }
  },

  /** Undefined where the file cannot be read or is no source of a sane size. */
  async text(uri: vscode.Uri): Promise<string | undefined> {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open) return open.getText();
    try {
      if ((await vscode.workspace.fs.stat(uri)).size > largestSource) return undefined;
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    } catch {
      return undefined;
    }
  },

  /** Undefined where there is no text. */
  async lines(uri: vscode.Uri): Promise<readonly string[] | undefined> {
    const text = await FrameFiles.text(uri);
    return text === undefined ? undefined : splitLines(text);
  },
};

function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}
