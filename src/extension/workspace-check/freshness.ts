// Keeps what is known of checked files true: a changed file is checked again, a deleted one is forgotten.

import * as vscode from 'vscode';
import { isCheckedName } from '../../project/discovery';
import { Debouncer } from '../analysis/debounce';
import type { Clock } from '../engine/clock';
import { type Configurations, relativePath } from '../project/configurations';
import type { FileChecker } from './file-checker';
import type { CheckedFiles } from './store';

/** Milliseconds. Saving tells of itself twice, and a checkout tells of hundreds of files. */
const PAUSE = 100;
const LONGEST_WAIT = 1000;

/** Watches nothing until there is something that could become stale. */
export class Freshness implements vscode.Disposable {
  private readonly debouncer: Debouncer;
  private readonly always: vscode.Disposable[];
  private watching: vscode.Disposable | undefined;
  /** Deleted files that were checked: saving by replacing a file deletes it for a moment. */
  private readonly deleted = new Set<string>();
  private readonly due = new Map<string, vscode.Uri>();
  private isChecking = false;

  constructor(
    private readonly files: CheckedFiles,
    private readonly checker: FileChecker,
    configurations: Configurations,
    clock: Clock,
  ) {
    this.debouncer = new Debouncer(clock, PAUSE, LONGEST_WAIT);
    const saved = ({ uri }: { readonly uri: vscode.Uri }): void => this.changed(uri);
    this.always = [
      vscode.workspace.onDidSaveTextDocument(saved),
      vscode.workspace.onDidSaveNotebookDocument(saved),
      vscode.workspace.onDidDeleteFiles((event) => this.removed(event.files)),
      vscode.workspace.onDidRenameFiles((event) => this.removed(event.files.map(({ oldUri }) => oldUri))),
      vscode.workspace.onDidChangeWorkspaceFolders((event) => this.removed(event.removed.map(({ uri }) => uri))),
      configurations.onDidChange((folder) => this.settingsChanged(folder)),
    ];
  }

  /** Looks at the file system from now on. */
  start(): void {
    if (this.watching) return;
    const { createFileSystemWatcher } = vscode.workspace;
    const contents = createFileSystemWatcher('**/*.{py,ipynb,json}', false, false, true);
    // That a folder was deleted is told of the folder alone.
    const deletions = createFileSystemWatcher('**', true, true, false);
    this.watching = vscode.Disposable.from(
      contents,
      deletions,
      contents.onDidChange((uri) => this.changed(uri)),
      contents.onDidCreate((uri) => this.changed(uri)),
      deletions.onDidDelete((uri) => this.removed([uri])),
    );
  }

  stop(): void {
    this.watching?.dispose();
    this.watching = undefined;
    this.deleted.clear();
    this.due.clear();
    this.debouncer.cancelAll();
  }

  /** What is shown must hold under the new settings; to look for more is for a person to ask. */
  private settingsChanged(folder: vscode.Uri | undefined): void {
    for (const { uri, findings } of this.files.all()) {
      const isBelow = !folder || relativePath(folder, uri) !== '';
      if (isBelow && findings.length > 0) this.schedule(uri);
    }
  }

  dispose(): void {
    this.stop();
    for (const subscription of this.always) subscription.dispose();
  }

  private changed(uri: vscode.Uri): void {
    const key = uri.toString();
    if (this.files.get(uri) || this.checker.isUnderWay(uri) || this.deleted.delete(key)) this.schedule(uri);
    if (isCheckedName(uri.path)) return;
    for (const file of this.files.all()) if (file.beside.has(key)) this.schedule(file.uri);
  }

  /** Files, and folders with all that is in them. */
  private removed(uris: readonly vscode.Uri[]): void {
    const keys = uris.map((uri) => uri.toString());
    this.files.drop((file) => {
      const own = file.uri.toString();
      const isGone = keys.some((key) => own === key || own.startsWith(`${key}/`));
      if (isGone) this.deleted.add(own);
      return isGone;
    });
    for (const file of this.files.all()) if (keys.some((key) => file.beside.has(key))) this.schedule(file.uri);
  }

  private schedule(uri: vscode.Uri): void {
    this.debouncer.schedule(uri.toString(), () => {
      this.due.set(uri.toString(), uri);
      if (!this.isChecking) void this.checkDue();
    });
  }

  /** One after another, for a checkout may change hundreds. */
  private async checkDue(): Promise<void> {
    this.isChecking = true;
    for (const [key, uri] of this.due) {
      this.due.delete(key);
      await this.checker.check(uri);
    }
    this.isChecking = false;
  }
}
