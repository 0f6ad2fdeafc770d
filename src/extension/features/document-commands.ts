// What commands that change a Python document share: which document, one edit that can be undone, and telling of it.

import * as vscode from 'vscode';
import { subjectOf } from '../analysis/scope';
import type { Outcome } from '../engine/client';
import type { EditsReply } from '../engine/messages';
import { addEdits } from '../ranges';

export function tell(message: string): void {
  vscode.window.setStatusBarMessage(vscode.l10n.t('NaN Lens: {0}', message), 5000);
}

/** For a command that a person gave and that did nothing: to stay silent would leave them guessing. */
export function refuse(message: string): void {
  void vscode.window.showWarningMessage(vscode.l10n.t('NaN Lens: {0}', message));
}

/** The document that is named, or the one that is edited; undefined, and told, where it is no Python of ours. */
export async function pythonDocument(uri: vscode.Uri | undefined): Promise<vscode.TextDocument | undefined> {
  const open = uri && vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
  const document = open ?? (uri ? await vscode.workspace.openTextDocument(uri) : documentAtHand());
  if (document && subjectOf(document)) return document;
  refuse(vscode.l10n.t('open a Python file or a Python notebook cell first.'));
  return undefined;
}

let lastEdited: vscode.TextDocument | undefined;

/** Where a page has the focus, a walkthrough above all, the Python that was edited last is meant. */
function documentAtHand(): vscode.TextDocument | undefined {
  const { activeTextEditor } = vscode.window;
  if (activeTextEditor) return activeTextEditor.document;
  return lastEdited && !lastEdited.isClosed ? lastEdited : undefined;
}

/** Keeps in mind which Python was edited last. */
export function rememberLastEdited(): vscode.Disposable {
  const remember = (editor: vscode.TextEditor | undefined): void => {
    if (editor?.document.languageId === 'python') lastEdited = editor.document;
  };
  remember(vscode.window.activeTextEditor);
  return vscode.window.onDidChangeActiveTextEditor(remember);
}

/** The engine's answer, with what could not be done in the log; undefined, and told, where there is none. */
export function replyOf(
  outcome: Outcome<EditsReply>,
  document: vscode.TextDocument,
  log: vscode.LogOutputChannel,
): EditsReply | undefined {
  if (outcome.kind === 'done') {
    for (const problem of outcome.value.problems) log.info(`${document.uri.path}: ${problem}`);
    return outcome.value;
  }
  if (outcome.kind === 'timeout') refuse(vscode.l10n.t('given up after {0} s.', outcome.milliseconds / 1000));
  if (outcome.kind === 'failed') refuse(outcome.message);
  return undefined;
}

/** Makes the edits, which are of the text of that version, as one step that can be undone. */
export async function applyReply(document: vscode.TextDocument, version: number, reply: EditsReply): Promise<boolean> {
  const edit = addEdits(new vscode.WorkspaceEdit(), document, reply.edits);
  const isDone = document.version === version && (await vscode.workspace.applyEdit(edit));
  if (!isDone) refuse(vscode.l10n.t('the text changed in the meantime, so nothing was done. Try again.'));
  // What came in at the top of the file has pushed away the lines that were being looked at.
  for (const editor of vscode.window.visibleTextEditors) {
    if (editor.document === document) {
      editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }
  return isDone;
}
