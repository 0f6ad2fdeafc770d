// The light bulb: fixes, suppressions, all safe fixes of a file, and finite checks for the place at hand.

import * as vscode from 'vscode';
import type { Finding, Fix } from '../../analyzer/finding';
import { ignoreInFile, ignoreOnLine } from '../../analyzer/suppressions-edits';
import { documentsOf, subjectOf } from '../analysis/scope';
import { ANALYSIS_BUDGET, type AnalysisService } from '../analysis/service';
import { codeOf, isAboutComment, SOURCE } from '../diagnostic-model';
import type { EngineClient } from '../engine/client';
import type { EditsReply } from '../engine/messages';
import type { Configurations } from '../project/configurations';
import { addEdits, rangeOf } from '../ranges';
import { INSERT_CHECKS_COMMAND, type InsertChecksArguments } from './finite-checks';
import { EXPLAIN_FINDING_COMMAND } from './rule-pages';

export const FIX_ALL_KIND = vscode.CodeActionKind.SourceFixAll.append('nanlens');

/** An action whose edit is worked out when it is chosen. */
class FixAllAction extends vscode.CodeAction {
  constructor(
    title: string,
    readonly document: vscode.TextDocument,
    readonly version: number,
    readonly code: string,
  ) {
    super(title, vscode.CodeActionKind.QuickFix);
  }
}

export class CodeActions implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL_KIND, vscode.CodeActionKind.RefactorRewrite],
  };

  constructor(
    private readonly service: AnalysisService,
    private readonly engine: EngineClient,
    private readonly configurations: Configurations,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeAction[]> {
    const wants = (kind: vscode.CodeActionKind): boolean => !context.only || context.only.contains(kind);
    const actions: vscode.CodeAction[] = [];
    // Source actions are for those who ask for them by name, on save above all.
    if (context.only && (context.only.contains(FIX_ALL_KIND) || FIX_ALL_KIND.contains(context.only))) {
      actions.push(...(await this.fixAllSafe(document)));
    }
    if (wants(vscode.CodeActionKind.QuickFix)) {
      const analysis = await this.service.freshAnalysis(document, token);
      if (token.isCancellationRequested) return [];
      const here = (analysis?.findings ?? []).filter((finding) => rangeOf(document, finding.span).intersection(range));
      for (const finding of here) actions.push(...this.quickFixes(document, finding));
      for (const code of new Set(here.map((finding) => finding.code))) {
        actions.push(...this.fixAllOfRule(document, analysis?.findings ?? [], code));
      }
      const ofRules = here.filter(({ code }) => !isAboutComment(code));
      actions.push(...ofRules.flatMap((finding) => this.suppressions(document, finding)));
    }
    if (wants(vscode.CodeActionKind.RefactorRewrite)) actions.push(...insertChecks(document, range));
    return actions;
  }

  async resolveCodeAction(action: vscode.CodeAction): Promise<vscode.CodeAction> {
    if (!(action instanceof FixAllAction) || action.document.version !== action.version) return action;
    const reply = await this.safeFixes(action.document, [action.code]);
    if (reply && action.document.version === action.version) {
      action.edit = addEdits(new vscode.WorkspaceEdit(), action.document, reply.edits);
    }
    return action;
  }

  private quickFixes(document: vscode.TextDocument, finding: Finding): vscode.CodeAction[] {
    return finding.fixes.map((fix, index) => {
      const title = fix.safety === 'safe' ? fix.title : vscode.l10n.t('{0} (may change results)', fix.title);
      const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      action.edit = addEdits(new vscode.WorkspaceEdit(), document, fix.edits);
      action.isPreferred = isPreferred(fix, index);
      attach(action, document, finding);
      return action;
    });
  }

  private fixAllOfRule(document: vscode.TextDocument, findings: readonly Finding[], code: string): vscode.CodeAction[] {
    const fixable = findings.filter(
      (finding) => finding.code === code && finding.fixes.some((fix) => fix.safety === 'safe'),
    );
    if (fixable.length < 2) return [];
    const title = vscode.l10n.t('Fix all {0} in this file (safe fixes only)', code);
    return [new FixAllAction(title, document, document.version, code)];
  }

  private async fixAllSafe(document: vscode.TextDocument): Promise<vscode.CodeAction[]> {
    const { version } = document;
    const reply = await this.safeFixes(document, undefined);
    if (!reply || reply.edits.length === 0 || document.version !== version) return [];
    const action = new vscode.CodeAction(vscode.l10n.t('Fix all safe NaN Lens findings'), FIX_ALL_KIND);
    action.edit = addEdits(new vscode.WorkspaceEdit(), document, reply.edits);
    return [action];
  }

  private async safeFixes(
    document: vscode.TextDocument,
    codes: readonly string[] | undefined,
  ): Promise<EditsReply | undefined> {
    const subject = subjectOf(document);
    if (!subject) return undefined;
    const { settings, config, isExcluded } = await this.configurations.of(subject.uri);
    if (!settings.enabled || isExcluded) return undefined;
    const documents = documentsOf(subject);
    const outcome = await this.engine.request(
      `fix ${document.uri.toString()}`,
      {
        kind: 'fix',
        program: { cells: documents.map((each) => each.getText()), isNotebook: 'notebook' in subject },
        cell: documents.indexOf(document),
        config,
        codes,
      },
      ANALYSIS_BUDGET,
    );
    if (outcome.kind === 'done') {
      for (const problem of outcome.value.problems) this.log.warn(`${document.uri.path}: ${problem}`);
      return outcome.value;
    }
    if (outcome.kind === 'failed') this.log.warn(`${document.uri.path}: ${outcome.message}`);
    return undefined;
  }

  private suppressions(document: vscode.TextDocument, finding: Finding): vscode.CodeAction[] {
    const onLine = new vscode.CodeAction(
      vscode.l10n.t('Ignore {0} on this line', finding.code),
      vscode.CodeActionKind.QuickFix,
    );
    onLine.edit = addEdits(new vscode.WorkspaceEdit(), document, [
      ignoreOnLine(document.getText(), finding.span, finding.code),
    ]);
    const inFile = new vscode.CodeAction(
      vscode.l10n.t('Ignore {0} in this file', finding.code),
      vscode.CodeActionKind.QuickFix,
    );
    const top = topOfProgram(document);
    inFile.edit = addEdits(new vscode.WorkspaceEdit(), top, [ignoreInFile(top.getText(), finding.code)]);
    const explanation = new vscode.CodeAction(
      vscode.l10n.t('Explain {0}', finding.code),
      vscode.CodeActionKind.QuickFix,
    );
    explanation.command = {
      command: EXPLAIN_FINDING_COMMAND,
      title: explanation.title,
      arguments: [{ uri: document.uri, range: rangeOf(document, finding.span), code: finding.code }],
    };
    for (const action of [onLine, inFile, explanation]) attach(action, document, finding);
    return [onLine, inFile, explanation];
  }
}

/** Only a safe first fix may be applied by a single keystroke. */
function isPreferred(fix: Fix, index: number): boolean {
  return index === 0 && fix.safety === 'safe';
}

/** Where a whole-file suppression goes: the document, or the notebook's first cell that is Python all through. */
function topOfProgram(document: vscode.TextDocument): vscode.TextDocument {
  const subject = subjectOf(document);
  return (subject && documentsOf(subject).find((each) => !each.lineAt(0).text.startsWith('%%'))) ?? document;
}

/** Ties the action to the diagnostic that it is about, so that VS Code shows it there. */
function attach(action: vscode.CodeAction, document: vscode.TextDocument, finding: Finding): void {
  const range = rangeOf(document, finding.span);
  action.diagnostics = vscode.languages
    .getDiagnostics(document.uri)
    .filter(
      (diagnostic) =>
        diagnostic.source === SOURCE && codeOf(diagnostic.code) === finding.code && diagnostic.range.isEqual(range),
    );
}

/** Offered where tensors may be at work; nothing is known of other files. */
function insertChecks(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
  if (!/\b(?:torch|numpy|jax|tensorflow|keras)\b/.test(document.getText())) return [];
  const title = vscode.l10n.t('Insert finite checks here…');
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.RefactorRewrite);
  const options: InsertChecksArguments = { uri: document.uri, range };
  action.command = { command: INSERT_CHECKS_COMMAND, title, arguments: [options] };
  return [action];
}
