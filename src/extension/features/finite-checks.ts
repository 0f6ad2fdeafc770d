// The commands that insert finite checks into a file and take them out again.

import * as vscode from 'vscode';
import { ANALYSIS_BUDGET } from '../analysis/service';
import type { EngineClient } from '../engine/client';
import { CHECK_STYLES, type CheckStyle, type CheckTarget } from '../engine/messages';
import { settingsFor } from '../settings';
import { chooseTarget, isCheckTarget, isNotebookCell } from './check-target-choice';
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

class FiniteChecks {
  constructor(
    private readonly engine: EngineClient,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async insert(given: InsertChecksArguments): Promise<void> {
    const document = await pythonDocument(given.uri);
    if (!document) return;
    const settings = settingsFor(document.uri);
    const target =
      given.target ??
      (await chooseTarget(this.engine, document, given.range, vscode.l10n.t('Insert finite checks: where?')));
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
