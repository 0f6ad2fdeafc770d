// Asks where finite checks or breakpoints are to go: the selection, a function, or wherever the file computes.

import * as vscode from 'vscode';
import { ANALYSIS_BUDGET } from '../analysis/service';
import { checkTargets, type TargetChoice } from '../check-targets';
import type { EngineClient } from '../engine/client';
import type { CheckTarget } from '../engine/messages';
import { spanOf } from '../ranges';

function targetLabel(choice: TargetChoice): string {
  switch (choice.kind) {
    case 'selection':
      return vscode.l10n.t('Selected lines {0}–{1}', choice.first, choice.last);
    case 'function':
      return vscode.l10n.t('Function {0}', choice.name);
    case 'everything':
      return vscode.l10n.t('Whole file');
  }
}

/** Commands can be run by anyone with anything. */
export function isCheckTarget(value: unknown): value is CheckTarget {
  if (typeof value !== 'object' || value === null) return false;
  const target = value as Record<string, unknown>;
  if (target.kind === 'everything') return true;
  if (target.kind === 'function') return typeof target.name === 'string';
  return target.kind === 'lines' && Number.isInteger(target.first) && Number.isInteger(target.last);
}

export function isNotebookCell(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'vscode-notebook-cell';
}

/** The likeliest place first, seen from the range or else from the selection; undefined where none is chosen. */
export async function chooseTarget(
  engine: EngineClient,
  document: vscode.TextDocument,
  range: vscode.Range | undefined,
  title: string,
): Promise<CheckTarget | undefined> {
  const place = range ?? vscode.window.visibleTextEditors.find((editor) => editor.document === document)?.selection;
  const outcome = await engine.request(
    `functions ${document.uri.toString()}`,
    { kind: 'functions', text: document.getText(), isNotebookCell: isNotebookCell(document) },
    ANALYSIS_BUDGET,
  );
  const functions = outcome.kind === 'done' ? outcome.value : [];
  const selection = place && {
    span: spanOf(document, place),
    firstLine: place.start.line + 1,
    // A selection that ends before a line's first character does not mean that line.
    lastLine: place.end.character === 0 && place.end.line > place.start.line ? place.end.line : place.end.line + 1,
  };
  const items = checkTargets(functions, selection).map((choice) => ({ label: targetLabel(choice), choice }));
  const chosen = await vscode.window.showQuickPick(items, { title });
  return chosen?.choice.target;
}
