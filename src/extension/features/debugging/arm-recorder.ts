// The commands that put the recorder into the debug session at hand and take it out again.

import * as vscode from 'vscode';
import { RECORDER_FILE } from '../../../analyzer/recorder/marks';
import type { Clock } from '../../engine/clock';
import { refuse, tell } from '../document-commands';
import type { DebugSessions } from './debug-sessions';
import { disarm, RecorderArming } from './recorder-arming';

export const ARM_RECORDER_COMMAND = 'nanlens.armRecorderInSession';
export const DISARM_RECORDER_COMMAND = 'nanlens.disarmRecorderInSession';

export class ArmRecorder implements vscode.Disposable {
  private readonly armings = new Map<string, RecorderArming>();
  private readonly parts: vscode.Disposable[];
  private readonly file: vscode.Uri;

  constructor(
    extensionUri: vscode.Uri,
    private readonly sessions: DebugSessions,
    private readonly clock: Clock,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.file = vscode.Uri.joinPath(extensionUri, 'media', 'recorder', RECORDER_FILE);
    this.parts = [
      sessions.onMessage(({ session, message }) => {
        if (message.event === 'stopped') void this.armings.get(session.id)?.tryNow();
      }),
      vscode.debug.onDidTerminateDebugSession(({ id }) => this.forget(id)),
      vscode.commands.registerCommand(ARM_RECORDER_COMMAND, () => this.arm()),
      vscode.commands.registerCommand(DISARM_RECORDER_COMMAND, () => this.disarm()),
    ];
  }

  dispose(): void {
    for (const id of [...this.armings.keys()]) this.forget(id);
    vscode.Disposable.from(...this.parts).dispose();
  }

  private async arm(): Promise<void> {
    const current = this.sessions.current;
    if (!current) return refuse(vscode.l10n.t('start debugging a Python script first.'));
    const { session, debuggee } = current;
    if (this.armings.has(session.id)) return tell(vscode.l10n.t('the recorder is being armed, or is armed already.'));
    const say = (words: string) => {
      tell(words);
      this.log.info(words);
      vscode.debug.activeDebugConsole.appendLine(vscode.l10n.t('NaN Lens: {0}', words));
    };
    const arming = new RecorderArming(debuggee, {
      path: this.file.fsPath,
      source: async () => new TextDecoder().decode(await vscode.workspace.fs.readFile(this.file)),
      onArmed: ({ models, optimizers }) =>
        say(
          vscode.l10n.t(
            'the recorder is armed for {0}. A step can be run again in loops over a DataLoader that begin from now on. The first NaN leaves its step out, writes a dump and takes the recorder out.',
            [...models, ...optimizers].join(', '),
          ),
        ),
      onDump: (path) => {
        this.forget(session.id);
        say(vscode.l10n.t('the recorder has written {0} and is out of the session.', path));
      },
      onGivenUp: (reason) => {
        this.forget(session.id);
        const words = reason ?? vscode.l10n.t('no model and optimizer of PyTorch was found.');
        refuse(vscode.l10n.t('the recorder could not be armed: {0}', words));
      },
      after: (milliseconds, callback) => this.clock.after(milliseconds, callback),
    });
    this.armings.set(session.id, arming);
    await arming.tryNow();
    if (this.armings.has(session.id) && !arming.isArmed) {
      say(vscode.l10n.t('the recorder waits until there is a model and an optimizer.'));
    }
  }

  private async disarm(): Promise<void> {
    const current = this.sessions.current;
    if (!current) return refuse(vscode.l10n.t('start debugging a Python script first.'));
    const { session, debuggee } = current;
    const wasTrying = this.armings.has(session.id);
    this.forget(session.id);
    try {
      if ((await disarm(debuggee)) || wasTrying) tell(vscode.l10n.t('the recorder is out of the session.'));
      else refuse(vscode.l10n.t('no recorder is armed in this session.'));
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    }
  }

  private forget(id: string): void {
    this.armings.get(id)?.stop();
    this.armings.delete(id);
  }
}
