// What can be done with a finding of the tree: go there, read about its rule, have it mended.

import * as vscode from 'vscode';
import type { Finding, Fix } from '../../../analyzer/finding';
import { isNotebookName } from '../../../project/source-file';
import type { AnalysisService } from '../../analysis/service';
import type { PlacedFinding } from '../../placed-finding';
import { addEdits, rangeAt, rangeOf } from '../../ranges';
import { refuse } from '../document-commands';
import { EXPLAIN_FINDING_COMMAND, SHOW_RULE_COMMAND } from '../rule-pages';
import { OPEN_FINDING_COMMAND } from './items';
import type { FindingNode } from './model';

export function registerFindingActions(service: AnalysisService): vscode.Disposable {
  const { registerCommand } = vscode.commands;
  return vscode.Disposable.from(
    registerCommand(OPEN_FINDING_COMMAND, async (uri: string, finding: PlacedFinding) => {
      await openFinding(vscode.Uri.parse(uri, true), finding, true);
    }),
    registerCommand('nanlens.explainListedFinding', async (node?: FindingNode) => {
      const code = node?.kind === 'finding' ? node.finding.code : node?.kind === 'rule' ? node.code : undefined;
      if (node?.kind !== 'finding') return vscode.commands.executeCommand(SHOW_RULE_COMMAND, code);
      const place = { uri: vscode.Uri.parse(node.file.uri, true), range: rangeAt(node.finding.place), code };
      return vscode.commands.executeCommand(EXPLAIN_FINDING_COMMAND, place);
    }),
    registerCommand('nanlens.fixListedFinding', async (node?: FindingNode) => {
      if (node?.kind === 'finding') await fixFinding(service, node.file.uri, node.finding);
    }),
  );
}

/** Shows the place, and returns its document; undefined, and told, where it is no longer there. */
async function openFinding(
  uri: vscode.Uri,
  finding: PlacedFinding,
  isPreview: boolean,
): Promise<vscode.TextDocument | undefined> {
  const selection = rangeAt(finding.place);
  try {
    if (!isNotebookName(uri.path)) {
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document, { selection, preview: isPreview });
      return document;
    }
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    const index = Math.min((finding.cell ?? 1) - 1, notebook.cellCount - 1);
    const range = new vscode.NotebookRange(index, index + 1);
    const editor = await vscode.window.showNotebookDocument(notebook, { selections: [range], preview: isPreview });
    editor.revealRange(range, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
    const { document } = notebook.cellAt(index);
    await vscode.window.showTextDocument(document, { selection });
    return document;
  } catch (error) {
    refuse(vscode.l10n.t('the file could not be opened: {0}', error instanceof Error ? error.message : String(error)));
    return undefined;
  }
}

async function fixFinding(service: AnalysisService, uri: string, wanted: PlacedFinding): Promise<void> {
  const document = await openFinding(vscode.Uri.parse(uri, true), wanted, false);
  if (!document) return;
  const analysis = await service.check(document);
  const found = analysis?.findings.find((finding) => isSame(document, finding, wanted));
  if (!analysis || !found || found.fixes.length === 0) {
    refuse(vscode.l10n.t('there is no such finding any more, so nothing was done.'));
    return;
  }
  const fix = await chooseFix(found.fixes);
  if (!fix) return;
  const isDone =
    document.version === analysis.version &&
    (await vscode.workspace.applyEdit(addEdits(new vscode.WorkspaceEdit(), document, fix.edits)));
  if (!isDone) refuse(vscode.l10n.t('the text changed in the meantime, so nothing was done. Try again.'));
}

function isSame(document: vscode.TextDocument, finding: Finding, { code, place }: PlacedFinding): boolean {
  const { start } = rangeOf(document, finding.span);
  return finding.code === code && start.line === place.start.line && start.character === place.start.column;
}

/** One that keeps the numbers needs no question where it is the only one. */
async function chooseFix(fixes: readonly Fix[]): Promise<Fix | undefined> {
  const [only] = fixes;
  if (fixes.length === 1 && only?.safety === 'safe') return only;
  const items = fixes.map((fix) => ({
    label: fix.title,
    ...(fix.safety === 'unsafe' && { description: vscode.l10n.t('may change results') }),
    fix,
  }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Which fix?') }))?.fix;
}
