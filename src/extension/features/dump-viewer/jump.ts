// Goes from a frame to its line in an editor, and says when the file no longer reads as it did in the run.

import * as vscode from 'vscode';
import type { FrameView } from '../../../protocol/dump-view';
import type { JumpOutcome, WorkspaceExcerpt } from '../../../protocol/messages';
import { FrameFiles } from './frame-files';
import type { FrameLocator } from './frame-locator';
import { locateLine } from './path-suffix';
import { clip } from './shown-text';

const linesAround = 4;
const longestLine = 500;

/** @param beside the column of the viewer, which stays in sight where that can be. */
export async function goToFrame(
  locator: FrameLocator,
  frame: FrameView,
  beside: vscode.ViewColumn | undefined,
): Promise<JumpOutcome> {
  const located = await locator.locate(frame.path);
  if (located.kind === 'cancelled') return { outcome: 'cancelled', message: '' };
  if (located.kind === 'not-found') return { outcome: 'not-found', message: located.reason };
  const { uri } = located;
  const label = vscode.workspace.asRelativePath(uri);
  let document: vscode.TextDocument;
  try {
    document = await vscode.workspace.openTextDocument(uri);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: 'not-found', message: vscode.l10n.t('{0} could not be opened: {1}', label, reason) };
  }
  const lines = Array.from({ length: document.lineCount }, (_, i) => document.lineAt(i).text);
  const { kind, line } = locateLine(lines, frame.line, recordedText(frame));
  const text = document.lineAt(line - 1);
  const selection = new vscode.Range(
    text.lineNumber,
    text.firstNonWhitespaceCharacterIndex,
    text.lineNumber,
    text.text.length,
  );
  await vscode.window.showTextDocument(document, { viewColumn: otherColumn(beside), selection });
  if (kind === 'moved') {
    return {
      outcome: 'moved',
      message: vscode.l10n.t('{0} has changed since the run: line {1} is line {2} now.', label, frame.line, line),
    };
  }
  if (kind === 'differs') {
    const message = vscode.l10n.t(
      '{0} has changed since the run: line {1} no longer reads as it did.',
      label,
      frame.line,
    );
    void vscode.window.showWarningMessage(message);
    return { outcome: 'differs', message };
  }
  return { outcome: 'opened', message: vscode.l10n.t('Opened {0}, line {1}.', label, line) };
}

/** The source around a frame where it needs no question to find it; null otherwise. */
export async function workspaceExcerpt(locator: FrameLocator, frame: FrameView): Promise<WorkspaceExcerpt | null> {
  const uri = await locator.locateQuietly(frame.path);
  const lines = uri && (await FrameFiles.lines(uri));
  if (!uri || !lines) return null;
  const { kind, line } = locateLine(lines, frame.line, recordedText(frame));
  const [first, last] = withoutBlankEdges(lines, Math.max(1, line - linesAround), line, line + linesAround);
  return {
    label: vscode.workspace.asRelativePath(uri),
    agreement: kind,
    excerpt: {
      firstLine: first,
      lines: lines.slice(first - 1, last).map((text) => clip(text, longestLine)),
      marked: { first: line, last: line },
    },
  };
}

/** Blank lines at the edges of an excerpt show nothing. */
function withoutBlankEdges(lines: readonly string[], first: number, line: number, last: number): [number, number] {
  let from = first;
  let to = Math.min(last, lines.length);
  while (from < line && !lines[from - 1]?.trim()) from++;
  while (to > line && !lines[to - 1]?.trim()) to--;
  return [from, to];
}

export function recordedText({ excerpt, line }: FrameView): string | null {
  return excerpt?.lines[line - excerpt.firstLine] ?? null;
}

/** A column that already exists beside the viewer's, or a new one. */
function otherColumn(column: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const other = vscode.window.tabGroups.all.find((group) => group.viewColumn !== column);
  return column === undefined ? vscode.ViewColumn.Active : (other?.viewColumn ?? vscode.ViewColumn.Beside);
}
