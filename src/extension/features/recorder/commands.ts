// The commands that add the recorder to a training script and take it out again.

import * as vscode from 'vscode';
import { RECORDER_FILE } from '../../../analyzer/recorder/marks';
import { ANALYSIS_BUDGET } from '../../analysis/service';
import type { EngineClient } from '../../engine/client';
import { applyReply, pythonDocument, refuse, replyOf, tell } from '../document-commands';
import { RecorderFile, type WhenDifferent } from './recorder-file';

export const ADD_RECORDER_COMMAND = 'nanlens.addRecorder';
export const REMOVE_RECORDER_COMMAND = 'nanlens.removeRecorder';

/** What the commands may be told; where it matters and is not told, a person is asked. */
export interface RecorderArguments {
  readonly uri?: vscode.Uri;
  /** For a file of the recorder's name beside the script that is another one. */
  readonly different?: WhenDifferent;
}

/** Commands can be run by anyone with anything: what is not of the right form is as if it were not told. */
function readArguments(value: unknown): RecorderArguments {
  if (value instanceof vscode.Uri) return { uri: value };
  if (typeof value !== 'object' || value === null) return {};
  const given = value as Record<string, unknown>;
  return {
    ...(given.uri instanceof vscode.Uri ? { uri: given.uri } : {}),
    ...(given.different === 'replace' || given.different === 'keep' ? { different: given.different } : {}),
  };
}

class RecorderCommands {
  private readonly file: RecorderFile;

  constructor(
    extensionUri: vscode.Uri,
    private readonly engine: EngineClient,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.file = new RecorderFile(extensionUri);
  }

  async add(given: RecorderArguments): Promise<void> {
    const document = await this.script(given.uri);
    if (!document) return;
    const { version } = document;
    const outcome = await this.engine.request(
      `add recorder ${document.uri.toString()}`,
      { kind: 'insertRecorder', text: document.getText() },
      ANALYSIS_BUDGET,
    );
    const reply = replyOf(outcome, document, this.log);
    if (!reply) return;
    const [problem] = reply.problems;
    if (reply.edits.length === 0) {
      return refuse(problem ?? vscode.l10n.t('there is no training loop in this file.'));
    }
    if (!(await this.copyBeside(document.uri, given.different))) return;
    if (!(await applyReply(document, version, reply))) return;
    tell(vscode.l10n.t('the recorder is in this script. Run it as ever; a dump is written to nanlens-dumps.'));
    if (problem !== undefined) refuse(problem);
  }

  async remove(given: RecorderArguments): Promise<void> {
    const document = await this.script(given.uri);
    if (!document) return;
    const { version } = document;
    const outcome = await this.engine.request(
      `remove recorder ${document.uri.toString()}`,
      { kind: 'removeRecorder', text: document.getText() },
      ANALYSIS_BUDGET,
    );
    const reply = replyOf(outcome, document, this.log);
    if (!reply) return;
    if (reply.edits.length === 0) return refuse(vscode.l10n.t('this file holds no recorder of ours.'));
    if (!(await applyReply(document, version, reply))) return;
    // Other scripts may import the file, and none that is not open is ever read: it is left to its owner.
    tell(vscode.l10n.t('the recorder is out of this script; {0} stays where it is.', RECORDER_FILE));
    const [problem] = reply.problems;
    if (problem !== undefined) refuse(problem);
  }

  /** A Python file with a folder to put the recorder into. */
  private async script(uri: vscode.Uri | undefined): Promise<vscode.TextDocument | undefined> {
    const document = await pythonDocument(uri);
    if (document?.uri.scheme === 'vscode-notebook-cell') {
      refuse(vscode.l10n.t('the recorder goes into scripts, not into notebook cells yet.'));
      return undefined;
    }
    if (document?.isUntitled) {
      refuse(vscode.l10n.t('save the script first: the recorder is put beside it.'));
      return undefined;
    }
    return document;
  }

  /** Whether the recorder, or what a person wants in its place, is beside the script now. */
  private async copyBeside(script: vscode.Uri, different: WhenDifferent | undefined): Promise<boolean> {
    try {
      const state = await this.file.stateBeside(script);
      if (state === 'same') return true;
      const wish = state === 'different' ? (different ?? (await askWhatToDo())) : 'replace';
      if (wish === 'replace') await this.file.putBeside(script, { overwrite: state === 'different' });
      return wish !== undefined;
    } catch (error) {
      refuse(vscode.l10n.t('{0} could not be put beside the script: {1}', RECORDER_FILE, (error as Error).message));
      return false;
    }
  }
}

async function askWhatToDo(): Promise<WhenDifferent | undefined> {
  const replace = vscode.l10n.t('Replace It');
  const keep = vscode.l10n.t('Keep It');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Beside this script there is another {0}: an older recorder, or something else.', RECORDER_FILE),
    { modal: true, detail: vscode.l10n.t('If it is kept, the lines are added all the same.') },
    replace,
    keep,
  );
  if (answer === undefined) return undefined;
  return answer === replace ? 'replace' : 'keep';
}

export function registerRecorderCommands(
  extensionUri: vscode.Uri,
  engine: EngineClient,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const commands = new RecorderCommands(extensionUri, engine, log);
  return vscode.Disposable.from(
    vscode.commands.registerCommand(ADD_RECORDER_COMMAND, (given?: unknown) => commands.add(readArguments(given))),
    vscode.commands.registerCommand(REMOVE_RECORDER_COMMAND, (given?: unknown) =>
      commands.remove(readArguments(given)),
    ),
  );
}
