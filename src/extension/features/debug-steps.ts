// The commands that try a debugging step on a script: the same command takes it out again, byte for byte.

import * as vscode from 'vscode';
import { type ChangedPlace, DEBUG_STEPS, type DebugStep, hasStep } from '../../analyzer/debug-steps/step';
import { ANALYSIS_BUDGET } from '../analysis/service';
import type { EngineClient } from '../engine/client';
import type { DebugStepReply } from '../engine/messages';
import { applyReply, pythonDocument, refuse, replyOf, tell } from './document-commands';

const COMMANDS: Readonly<Record<DebugStep, string>> = {
  oneBatch: 'nanlens.tryOneBatch',
  labels: 'nanlens.checkLabels',
  learningRate: 'nanlens.lowerLearningRate',
  fullPrecision: 'nanlens.turnOffHalfPrecision',
};
const REMOVE_COMMAND = 'nanlens.removeDebugSteps';

class DebugSteps {
  constructor(
    private readonly engine: EngineClient,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async toggle(step: DebugStep, uri: vscode.Uri | undefined): Promise<void> {
    const document = await script(uri);
    if (!document) return;
    const reply = await this.change(document, step);
    if (!reply) return;
    const [problem] = reply.problems;
    if (reply.edits.length === 0) return refuse(problem ?? vscode.l10n.t('there is nothing to change in this file.'));
    if (reply.isRemoval) return tell(vscode.l10n.t('the script is as it was before.'));
    await show(document, reply);
    tell(triedWords(step, reply.changed));
    if (problem !== undefined) refuse(problem);
  }

  async removeAll(uri: vscode.Uri | undefined): Promise<void> {
    const document = await script(uri);
    if (!document) return;
    const steps = DEBUG_STEPS.filter((step) => hasStep(document.getText(), step));
    if (steps.length === 0) return refuse(vscode.l10n.t('this file holds no debugging step of ours.'));
    for (const step of steps) await this.change(document, step);
    tell(vscode.l10n.t('the script is as it was before.'));
  }

  private async change(document: vscode.TextDocument, step: DebugStep): Promise<DebugStepReply | undefined> {
    const { version } = document;
    const outcome = await this.engine.request(
      `${step} ${document.uri.toString()}`,
      { kind: 'debugStep', text: document.getText(), step },
      ANALYSIS_BUDGET,
    );
    if (!replyOf(outcome, document, this.log) || outcome.kind !== 'done') return undefined;
    const reply = outcome.value;
    return reply.edits.length === 0 || (await applyReply(document, version, reply)) ? reply : undefined;
  }
}

async function script(uri: vscode.Uri | undefined): Promise<vscode.TextDocument | undefined> {
  const document = await pythonDocument(uri);
  if (document?.uri.scheme !== 'vscode-notebook-cell') return document;
  refuse(vscode.l10n.t('debugging steps go into scripts, not into notebook cells yet.'));
  return undefined;
}

/** Brings the first changed place into sight, with the cursor on it. */
async function show(document: vscode.TextDocument, { edits, changed }: DebugStepReply): Promise<void> {
  const first = changed[0]?.line;
  if (first === undefined) return;
  // Whole lines that came in above have pushed it down.
  const inserted = edits.reduce((sum, { text }) => sum + (text.match(/\n|\r(?!\n)/g)?.length ?? 0), 0);
  const line = Math.min(first - 1 + inserted, document.lineCount - 1);
  const selection = new vscode.Range(line, 0, line, 0);
  await vscode.window.showTextDocument(document, { selection, preview: false });
}

function triedWords(step: DebugStep, { length }: readonly ChangedPlace[]): string {
  switch (step) {
    case 'oneBatch':
      return vscode.l10n.t(
        'the script now learns one batch, for 50 steps ({0} places). Run it: the loss has to fall.',
        length,
      );
    case 'labels':
      return vscode.l10n.t(
        'labels and scores are checked before {0} losses. Run it: the first that does not fit is named.',
        length,
      );
    case 'learningRate':
      return vscode.l10n.t('{0} learning rates are a tenth of what they were. Run it, or write another one.', length);
    case 'fullPrecision':
      return vscode.l10n.t('half precision is off in {0} places. If the NaN is gone, it was overflow.', length);
  }
}

/** Commands can be run by anyone with anything. */
function uriOf(given: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  const uri = typeof given === 'object' && given !== null ? (given as Record<string, unknown>).uri : undefined;
  return uri instanceof vscode.Uri ? uri : undefined;
}

export function registerDebugSteps(engine: EngineClient, log: vscode.LogOutputChannel): vscode.Disposable {
  const steps = new DebugSteps(engine, log);
  return vscode.Disposable.from(
    ...DEBUG_STEPS.map((step) =>
      vscode.commands.registerCommand(COMMANDS[step], (given?: unknown) => steps.toggle(step, uriOf(given))),
    ),
    vscode.commands.registerCommand(REMOVE_COMMAND, (given?: unknown) => steps.removeAll(uriOf(given))),
  );
}
