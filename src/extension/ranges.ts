// Between our offsets and VS Code's positions.

import * as vscode from 'vscode';
import type { Edit } from '../text/edit';
import type { Span } from '../text/span';
import type { Place } from './placed-finding';

export function rangeOf(document: vscode.TextDocument, span: Span): vscode.Range {
  return new vscode.Range(document.positionAt(span.start), document.positionAt(span.end));
}

export function rangeAt({ start, end }: Place): vscode.Range {
  return new vscode.Range(start.line, start.column, end.line, end.column);
}

export function spanOf(document: vscode.TextDocument, range: vscode.Range): Span {
  return { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
}

/** Adds edits of the document's present text to `edit`, which is returned. */
export function addEdits(
  edit: vscode.WorkspaceEdit,
  document: vscode.TextDocument,
  edits: readonly Edit[],
): vscode.WorkspaceEdit {
  const own = edits.map(({ span, text }) => new vscode.TextEdit(rangeOf(document, span), text));
  edit.set(document.uri, [...edit.get(document.uri), ...own]);
  return edit;
}
