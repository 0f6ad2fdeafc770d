// The language status item of Python files: what the analysis is doing and what it found, with its commands.

import * as vscode from 'vscode';
import { subjectOf } from '../analysis/scope';
import type { AnalysisService } from '../analysis/service';
import type { EngineClient } from '../engine/client';
import { settingsFor } from '../settings';

interface Status {
  readonly text: string;
  readonly detail?: string;
  readonly severity?: vscode.LanguageStatusSeverity;
  readonly command?: vscode.Command;
}

function statusOf(document: vscode.TextDocument, service: AnalysisService, engine: EngineClient): Status {
  const showCommands = { command: 'nanlens.showCommands', title: vscode.l10n.t('Commands…') };
  const showOutput = { command: 'nanlens.showOutput', title: vscode.l10n.t('Show Output') };
  if (engine.stopReason !== undefined) {
    return {
      text: vscode.l10n.t('NaN Lens has stopped'),
      detail: engine.stopReason,
      severity: vscode.LanguageStatusSeverity.Error,
      command: { command: 'nanlens.restart', title: vscode.l10n.t('Restart') },
    };
  }
  const subject = subjectOf(document);
  if (!subject) return { text: vscode.l10n.t('NaN Lens: this text is not analysed'), command: showCommands };
  const settings = settingsFor(subject.uri);
  if (!settings.enabled) {
    return {
      text: vscode.l10n.t('NaN Lens is off'),
      command: { command: 'nanlens.enableForWorkspace', title: vscode.l10n.t('Enable') },
    };
  }
  if (settings.problems.length > 0) {
    return {
      text: vscode.l10n.t('NaN Lens: a setting cannot be used'),
      detail: settings.problems.map(({ message }) => message).join(' '),
      severity: vscode.LanguageStatusSeverity.Warning,
      command: showOutput,
    };
  }
  const note = service.noteOn(document);
  const excludedBy = service.excludedBy(document);
  if (excludedBy) {
    return {
      text: vscode.l10n.t('NaN Lens: this file is left out'),
      ...(note === undefined ? {} : { detail: note }),
      command: { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [excludedBy] },
    };
  }
  if (note !== undefined) {
    return {
      text: vscode.l10n.t('NaN Lens: not analysed'),
      detail: note,
      severity: vscode.LanguageStatusSeverity.Warning,
      command: showCommands,
    };
  }
  const analysis = service.analysisOf(document);
  if (!analysis) return { text: vscode.l10n.t('NaN Lens: analysing'), command: showCommands };
  const count = analysis.findings.length;
  const text =
    count === 0
      ? vscode.l10n.t('NaN Lens: no findings')
      : count === 1
        ? vscode.l10n.t('NaN Lens: 1 finding')
        : vscode.l10n.t('NaN Lens: {0} findings', count);
  return analysis.problems.length === 0
    ? { text, command: showCommands }
    : { text, detail: analysis.problems.map(({ message }) => message).join(' '), command: showCommands };
}

export class LanguageStatus implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem('nanlens.status', { language: 'python' });
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(
    private readonly service: AnalysisService,
    private readonly engine: EngineClient,
  ) {
    this.item.name = 'NaN Lens';
    const refresh = (): void => this.refresh();
    this.subscriptions = [
      service.onDidChangeFindings(refresh),
      service.onDidChangeState(refresh),
      vscode.window.onDidChangeActiveTextEditor(refresh),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('nanlens')) this.refresh();
      }),
    ];
    this.refresh();
  }

  refresh(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId !== 'python') return;
    const status = statusOf(document, this.service, this.engine);
    this.item.text = status.text;
    this.item.detail = status.detail ?? '';
    this.item.severity = status.severity ?? vscode.LanguageStatusSeverity.Information;
    this.item.command = status.command;
    this.item.busy = this.service.isBusy(document);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.item.dispose();
  }
}
