// Where the two halves meet: lines that a run blames, and values that it saw, shown in the source. One command clears it all.

import * as vscode from 'vscode';
import { ObservedValuesHover } from './hover';
import type { RunEvidenceStore } from './store';

export { RuleFixes } from './blamed-fixes';
export { RunEvidenceStore } from './store';

export const CLEAR_RUN_EVIDENCE_COMMAND = 'nanlens.clearRunEvidence';

export function registerRunEvidence(store: RunEvidenceStore): vscode.Disposable {
  return vscode.Disposable.from(
    store,
    vscode.languages.registerHoverProvider({ language: 'python' }, new ObservedValuesHover(store)),
    vscode.commands.registerCommand(CLEAR_RUN_EVIDENCE_COMMAND, () => store.clear()),
  );
}
