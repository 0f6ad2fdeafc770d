// The commands that set breakpoints on the first NaN and take them away, and what happens when one of them stops.

import * as vscode from 'vscode';
import { ANALYSIS_BUDGET } from '../../analysis/service';
import type { EngineClient } from '../../engine/client';
import type { CheckTarget } from '../../engine/messages';
import { chooseTarget, isCheckTarget, isNotebookCell } from '../check-target-choice';
import { pythonDocument, refuse, tell } from '../document-commands';
import type { DebugSessions } from './debug-sessions';
import type { Debuggee } from './debuggee';
import { NanBreakpoints } from './nan-breakpoints';
import { type NanHit, NanWatch } from './nan-watch';
import { hitSentences, hitTitle, troubleWords } from './words';

export const BREAK_ON_NAN_COMMAND = 'nanlens.breakOnFirstNaN';
export const REMOVE_BREAKPOINTS_COMMAND = 'nanlens.removeNaNBreakpoints';
export const SHOW_HIT_COMMAND = 'nanlens.showFirstNaN';

/** What the command may be told; it asks for the rest. */
export interface BreakOnNanArguments {
  readonly uri?: vscode.Uri;
  readonly range?: vscode.Range;
  readonly target?: CheckTarget;
  readonly infinities?: boolean;
}

/** What the last stop told, for other code and for tests. */
export interface ShownHit {
  readonly title: string;
  readonly sentences: readonly string[];
}

export class BreakOnNan implements vscode.Disposable {
  private readonly breakpoints = new NanBreakpoints();
  private readonly watches = new Map<string, NanWatch>();
  private readonly status = vscode.window.createStatusBarItem('nanlens.firstNaN', vscode.StatusBarAlignment.Left, 50);
  private readonly parts: vscode.Disposable[];
  private hit: { readonly sessionId: string; readonly place: vscode.Location; readonly shown: ShownHit } | undefined;

  constructor(
    private readonly engine: EngineClient,
    sessions: DebugSessions,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.status.name = vscode.l10n.t('NaN Lens: first NaN');
    this.status.command = SHOW_HIT_COMMAND;
    this.parts = [
      this.status,
      sessions.onMessage(({ session, message, direction, debuggee }) => {
        const watch = this.watchOf(session, debuggee);
        if (direction === 'toAdapter') watch.toAdapter(message);
        else void watch.fromAdapter(message);
      }),
      vscode.debug.onDidTerminateDebugSession(({ id }) => {
        this.watches.delete(id);
        if (this.hit?.sessionId === id) this.forget();
      }),
      vscode.commands.registerCommand(BREAK_ON_NAN_COMMAND, (given?: unknown) => this.set(readArguments(given))),
      vscode.commands.registerCommand(REMOVE_BREAKPOINTS_COMMAND, () => this.remove()),
      vscode.commands.registerCommand(SHOW_HIT_COMMAND, () => this.show()),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }

  /** What the status bar tells of. */
  get shownHit(): ShownHit | undefined {
    return this.hit?.shown;
  }

  private async set(given: BreakOnNanArguments): Promise<void> {
    const document = await pythonDocument(given.uri);
    if (!document) return;
    if (isNotebookCell(document))
      return refuse(vscode.l10n.t('NaN breakpoints go into scripts, not into notebook cells yet.'));
    if (document.isUntitled) return refuse(vscode.l10n.t('save the script first: a debugger knows only saved files.'));
    const title = vscode.l10n.t('Break on first NaN: where?');
    const target = given.target ?? (await chooseTarget(this.engine, document, given.range, title));
    if (!target) return;
    const { uri, version } = document;
    const outcome = await this.engine.request(
      `break on NaN ${uri.toString()}`,
      {
        kind: 'planBreakpoints',
        text: document.getText(),
        target,
        infinities: given.infinities ?? false,
        taken: this.breakpoints.takenIn(uri),
      },
      ANALYSIS_BUDGET,
    );
    if (outcome.kind === 'timeout') return refuse(vscode.l10n.t('given up after {0} s.', outcome.milliseconds / 1000));
    if (outcome.kind === 'failed') return refuse(outcome.message);
    if (outcome.kind !== 'done') return;
    const { breakpoints, problems } = outcome.value;
    for (const problem of problems) this.log.info(`${uri.path}: ${problem}`);
    if (document.version !== version) {
      return refuse(vscode.l10n.t('the text changed in the meantime, so nothing was done. Try again.'));
    }
    if (breakpoints.length === 0) {
      return refuse(problems[0] ?? vscode.l10n.t('nothing there computes a tensor that a breakpoint could look at.'));
    }
    const count = this.breakpoints.set(uri, breakpoints);
    tell(vscode.l10n.t('NaN breakpoints set: {0}. The first NaN stops the debugger and removes them.', count));
    for (const watch of this.watches.values()) await watch.test();
  }

  private remove(): void {
    const count = this.breakpoints.removeAll();
    if (count === 0) refuse(vscode.l10n.t('there are no NaN breakpoints.'));
    else tell(vscode.l10n.t('NaN breakpoints removed: {0}.', count));
  }

  private watchOf(session: vscode.DebugSession, debuggee: Debuggee): NanWatch {
    const known = this.watches.get(session.id);
    if (known) return known;
    const watch = new NanWatch(debuggee, {
      breakpoints: () => this.breakpoints.all(),
      onHit: (hit) => this.stopped(session, hit),
      onTrouble: (trouble) => {
        const words = troubleWords(trouble);
        this.log.warn(words);
        // They asked for a stop that may never come.
        refuse(words);
      },
    });
    this.watches.set(session.id, watch);
    return watch;
  }

  /** The first NaN: what it is, and from here on one steps undisturbed. */
  private stopped(session: vscode.DebugSession, hit: NanHit): void {
    this.breakpoints.removeAll();
    const shown: ShownHit = { title: hitTitle(hit), sentences: hitSentences(hit) };
    const place = new vscode.Location(vscode.Uri.file(hit.frame.path), new vscode.Position(hit.frame.line - 1, 0));
    this.hit = { sessionId: session.id, place, shown };
    this.status.text = `$(debug-breakpoint-conditional) ${shown.title}`;
    this.status.tooltip = shown.sentences.join('\n');
    this.status.accessibilityInformation = { label: [shown.title, ...shown.sentences].join('. ') };
    this.status.show();
    for (const sentence of shown.sentences) {
      vscode.debug.activeDebugConsole.appendLine(vscode.l10n.t('NaN Lens: {0}', sentence));
      this.log.info(sentence);
    }
  }

  private async show(): Promise<void> {
    if (!this.hit) return;
    const { uri, range } = this.hit.place;
    await vscode.window.showTextDocument(uri, { selection: range });
    await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
  }

  private forget(): void {
    this.hit = undefined;
    this.status.hide();
  }
}

/** Commands can be run by anyone with anything: what is not of the right form is as if it were not told. */
function readArguments(value: unknown): BreakOnNanArguments {
  if (typeof value !== 'object' || value === null) return {};
  const given = value as Record<string, unknown>;
  return {
    ...(given.uri instanceof vscode.Uri ? { uri: given.uri } : {}),
    ...(given.range instanceof vscode.Range ? { range: given.range } : {}),
    ...(isCheckTarget(given.target) ? { target: given.target } : {}),
    ...(typeof given.infinities === 'boolean' ? { infinities: given.infinities } : {}),
  };
}
