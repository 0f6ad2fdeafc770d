// Tells quietly of a dump that a run has just written: an item in the status bar, gone once the dump is opened or dismissed.

import * as vscode from 'vscode';
import { rankName } from '../../../dump/ranks';
import type { Clock } from '../../engine/clock';
import { settingsFor } from '../../settings';
import { NewFolders } from './new-folders';

export const OPEN_NEW_DUMP_COMMAND = 'nanlens.openNewDump';
export const DISMISS_NEW_DUMP_COMMAND = 'nanlens.dismissNewDump';
const SUFFIX = '.nandump.json';
const PATTERN = `**/*${SUFFIX}`;
const CONTEXT_KEY = 'nanlens.hasNewDump';
/** Several ranks write at about the same time, and a copied folder holds many dumps: one notice for all. */
const SETTLE_TIME = 300;
const MOST_ASKED = 100;

/** The dump that is told of, and how. */
export interface NewDump {
  readonly uri: vscode.Uri;
  readonly text: string;
}

export class DumpWatch implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly parts: vscode.Disposable[];
  private current: NewDump | undefined;
  /** Created since the last notice, in the order of their coming. */
  private arrived: vscode.Uri[] = [];
  /** All that ever came, so that none is told of twice. */
  private readonly seen = new Set<string>();
  private cancelNotice: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly openDump: (uri: vscode.Uri) => Thenable<unknown>,
  ) {
    this.item = vscode.window.createStatusBarItem('nanlens.newDump', vscode.StatusBarAlignment.Left);
    this.item.name = vscode.l10n.t('New NaN dump');
    this.item.command = OPEN_NEW_DUMP_COMMAND;
    const watcher = vscode.workspace.createFileSystemWatcher(PATTERN, false, true, false);
    this.parts = [
      this.item,
      watcher,
      watcher.onDidCreate((uri) => this.arrive(uri)),
      new NewFolders(clock, (uri) => {
        if (uri.path.endsWith(SUFFIX)) this.arrive(uri);
      }),
      watcher.onDidDelete((uri) => this.leave(uri)),
      vscode.window.tabGroups.onDidChangeTabs(() => {
        if (this.current && isShown(this.current.uri)) this.dismiss();
      }),
      vscode.commands.registerCommand(OPEN_NEW_DUMP_COMMAND, () => this.open()),
      vscode.commands.registerCommand(DISMISS_NEW_DUMP_COMMAND, () => this.dismiss()),
    ];
  }

  /** What the status bar tells of now. */
  get shown(): NewDump | undefined {
    return this.current;
  }

  dispose(): void {
    this.cancelNotice?.();
    for (const part of this.parts) part.dispose();
  }

  private arrive(uri: vscode.Uri): void {
    if (this.seen.has(uri.toString())) return;
    this.seen.add(uri.toString());
    this.arrived.push(uri);
    this.cancelNotice ??= this.clock.after(SETTLE_TIME, () => {
      this.cancelNotice = undefined;
      const arrived = this.arrived;
      this.arrived = [];
      void this.tellOf(arrived);
    });
  }

  private leave(uri: vscode.Uri): void {
    this.seen.delete(uri.toString());
    this.arrived = this.arrived.filter((other) => other.toString() !== uri.toString());
    if (this.current?.uri.toString() === uri.toString()) this.dismiss();
  }

  private async tellOf(arrived: readonly vscode.Uri[]): Promise<void> {
    const uri = await newestOf(arrived.filter((each) => !isShown(each)));
    if (!uri) return;
    const notice = settingsFor(uri).dumpNotice;
    // Another rank of a step that is told of already is no news.
    const isKnown = this.current !== undefined && keyOf(this.current.uri) === keyOf(uri);
    if (notice === 'off' || isKnown) return;
    const step = rankName(uri.path)?.step;
    const text =
      step === undefined
        ? vscode.l10n.t('$(bug) NaN dump: {0}', uri.path.split('/').at(-1) ?? uri.path)
        : vscode.l10n.t('$(bug) NaN dump: step {0}', step);
    this.current = { uri, text };
    this.item.text = text;
    this.item.tooltip = tooltipOf(uri);
    this.item.show();
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, true);
    if (notice === 'notification') await this.notify(this.current);
  }

  private async notify({ uri, text }: NewDump): Promise<void> {
    const open = vscode.l10n.t('Open');
    const message = `${text.replace('$(bug) ', '')} (${vscode.workspace.asRelativePath(uri)})`;
    if ((await vscode.window.showInformationMessage(message, open)) === open) await this.openDump(uri);
  }

  private async open(): Promise<void> {
    const { current } = this;
    if (!current) return;
    this.dismiss();
    await this.openDump(current.uri);
  }

  private dismiss(): void {
    this.current = undefined;
    this.item.hide();
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, false);
  }
}

/** The newest of those that are still there: a copied folder's files come in any order. */
async function newestOf(uris: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  const times = await Promise.all(
    uris.slice(-MOST_ASKED).map(async (uri) => {
      try {
        return [{ uri, time: (await vscode.workspace.fs.stat(uri)).mtime }];
      } catch {
        return [];
      }
    }),
  );
  return times
    .flat()
    .sort((x, y) => x.time - y.time)
    .at(-1)?.uri;
}

/** The same for all ranks of a step. */
function keyOf(uri: vscode.Uri): string {
  return rankName(uri.path)?.key ?? uri.path;
}

/** Whether a tab shows the dump, or that of another rank of its step. */
function isShown(uri: vscode.Uri): boolean {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .some(({ input }) => {
      const isFile = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText;
      return isFile && keyOf(input.uri) === keyOf(uri);
    });
}

function tooltipOf(uri: vscode.Uri): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.isTrusted = { enabledCommands: [OPEN_NEW_DUMP_COMMAND, DISMISS_NEW_DUMP_COMMAND] };
  tooltip.appendText(vscode.l10n.t('The recorder has written {0}', vscode.workspace.asRelativePath(uri)));
  const open = `[${vscode.l10n.t('Open')}](command:${OPEN_NEW_DUMP_COMMAND})`;
  const dismiss = `[${vscode.l10n.t('Dismiss')}](command:${DISMISS_NEW_DUMP_COMMAND})`;
  return tooltip.appendMarkdown(`\n\n${open} · ${dismiss}`);
}
