// A hover that says which values a run saw on a line.

import * as vscode from 'vscode';
import type { RunEvidenceStore } from './store';
import { observedWords } from './words';

const mostRuns = 3;

export class ObservedValuesHover implements vscode.HoverProvider {
  constructor(private readonly store: RunEvidenceStore) {}

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const file = document.uri.toString();
    if (!this.store.files().has(file)) return undefined;
    const lines = document.getText().split(/\r\n|\r|\n/);
    const observed = this.store.observed(file, lines, position.line + 1);
    if (observed.length === 0) return undefined;
    const contents = observed.slice(0, mostRuns).map((line) => {
      const markdown = new vscode.MarkdownString();
      const name = line.dump.path.split('/').at(-1) ?? '';
      markdown.appendMarkdown('**NaN Lens** — ').appendText(vscode.l10n.t('seen in {0}', name));
      const { shown, leftOut } = observedWords(line);
      for (const { name: operation, where, tensors, isBad } of shown) {
        markdown
          .appendMarkdown('\n\n')
          .appendText(`${isBad ? '⚠ ' : ''}${operation}${where === '' ? '' : ` (${where})`}`);
        for (const tensor of tensors) markdown.appendMarkdown('\n- ').appendText(tensor);
      }
      if (leftOut > 0) {
        markdown.appendMarkdown('\n\n').appendText(vscode.l10n.t('{0} more operations ran on this line.', leftOut));
      }
      return markdown;
    });
    return new vscode.Hover(contents, document.lineAt(position.line).range);
  }
}
