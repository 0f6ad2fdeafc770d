// The commands that insert finite checks into a file and take them out again.

import * as vscode from 'vscode';
import { ANALYSIS_BUDGET } from '../analysis/service';
import { checkTargets, type TargetChoice } from '../check-targets';
import type { EngineClient } from '../engine/client';
import { CHECK_STYLES, type CheckStyle, type CheckTarget } from '../engine/messages';
import { spanOf } from '../ranges';
import { settingsFor } from '../settings';
import { applyReply, pythonDocument, refuse, replyOf, tell } from './document-commands';

export const INSERT_CHECKS_COMMAND = 'nanlens.insertFiniteChecks';
export const REMOVE_CHECKS_COMMAND = 'nanlens.removeFiniteChecks';

/** What the command may be told; it asks for the rest. */
export interface InsertChecksArguments {
  readonly uri?: vscode.Uri;
  /** The place at hand; the selection where it is not told. */
  readonly range?: vscode.Range;
  readonly target?: CheckTarget;
  readonly style?: CheckStyle;
}

function styleLabel(style: CheckStyle): string {
  switch (style) {
    case 'raise':
      return vscode.l10n.t('Raise a FloatingPointError');
    case 'print':
      return vscode.l10n.t('Print and go on');
    case 'breakpoint':
      return vscode.l10n.t('Stop in the debugger with breakpoint()');
    case 'record':
      return vscode.l10n.t('Hand the value to the recorder');
  }
}

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

function isCheckStyle(value: unknown): value is CheckStyle {
  return CHECK_STYLES.some((style) => style === value);
}

/** Commands can be run by anyone with anything: what is not of the right form is as if it were not told. */
function readArguments(value: unknown): InsertChecksArguments {
  if (typeof value !== 'object' || value === null) return {};
  const given = value as Record<string, unknown>;
  return {
    ...(given.uri instanceof vscode.Uri ? { uri: given.uri } : {}),
    ...(given.range instanceof vscode.Range ? { range: given.range } : {}),
    ...(isCheckTarget(given.target) ? { target: given.target } : {}),
    ...(isCheckStyle(given.style) ? { style: given.style } : {}),
  };
}

function isCheckTarget(value: unknown): value is CheckTarget {
  if (typeof value !== 'object' || value === null) return false;
  const target = value as Record<string, unknown>;
  if (target.kind === 'everything') return true;
  if (target.kind === 'function') return typeof target.name === 'string';
  return target.kind === 'lines' && Number.isInteger(target.first) && Number.isInteger(target.last);
}

class FiniteChecks {
  constructor(
    private readonly engine: EngineClient,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async insert(given: InsertChecksArguments): Promise<void> {
    const document = await pythonDocument(given.uri);
    if (!document) return;
    const settings = settingsFor(document.uri);
    const target = given.target ?? (await this.chooseTarget(document, given.range));
    if (!target) return;
    const style = given.style ?? (await chooseStyle(settings.checkStyle));
    if (!style) return;
    const { version } = document;
    const outcome = await this.engine.request(
      `insert ${document.uri.toString()}`,
      {
        kind: 'insertChecks',
        text: document.getText(),
        isNotebookCell: isNotebookCell(document),
        target,
        style,
        sequentialHooks: settings.sequentialHooks,
      },
      ANALYSIS_BUDGET,
    );
    const reply = replyOf(outcome, document, this.log);
    if (!reply) return;
    if (reply.edits.length === 0) {
      return refuse(reply.problems[0] ?? vscode.l10n.t('nothing there computes a tensor that is not checked already.'));
    }
    if (await applyReply(document, version, reply)) {
      tell(vscode.l10n.t('finite checks inserted: {0}.', reply.count));
    }
  }

  async remove(given: InsertChecksArguments): Promise<void> {
    const document = await pythonDocument(given.uri);
    if (!document) return;
    const { version } = document;
    const outcome = await this.engine.request(
      `remove ${document.uri.toString()}`,
      { kind: 'removeChecks', text: document.getText() },
      ANALYSIS_BUDGET,
    );
    const reply = replyOf(outcome, document, this.log);
    if (!reply) return;
    if (reply.edits.length === 0) return refuse(vscode.l10n.t('this file holds no finite checks of ours.'));
    if (await applyReply(document, version, reply)) tell(vscode.l10n.t('finite checks removed.'));
  }

  private async chooseTarget(
    document: vscode.TextDocument,
    range: vscode.Range | undefined,
  ): Promise<CheckTarget | undefined> {
    const place = range ?? vscode.window.visibleTextEditors.find((editor) => editor.document === document)?.selection;
    const outcome = await this.engine.request(
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
    const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Insert finite checks: where?') });
    return chosen?.choice.target;
  }
}

function isNotebookCell(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'vscode-notebook-cell';
}

async function chooseStyle(preferred: CheckStyle): Promise<CheckStyle | undefined> {
  const styles = [preferred, ...CHECK_STYLES.filter((style) => style !== preferred)];
  const items = styles.map((style) => ({ label: styleLabel(style), description: style, style }));
  const title = vscode.l10n.t('Insert finite checks: what shall they do with a NaN or Inf?');
  return (await vscode.window.showQuickPick(items, { title }))?.style;
}

export function registerFiniteChecks(engine: EngineClient, log: vscode.LogOutputChannel): vscode.Disposable {
  const checks = new FiniteChecks(engine, log);
  return vscode.Disposable.from(
    vscode.commands.registerCommand(INSERT_CHECKS_COMMAND, (given?: unknown) => checks.insert(readArguments(given))),
    vscode.commands.registerCommand(REMOVE_CHECKS_COMMAND, (given?: unknown) => checks.remove(readArguments(given))),
  );
}
