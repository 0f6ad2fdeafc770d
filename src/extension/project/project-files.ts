// The pyproject.toml files that hold for what is open: found, read on whatever file system they lie, and watched.

import * as vscode from 'vscode';
import { type Baseline, parseBaseline } from '../../project/baseline';
import {
  type ProjectProblem,
  type ProjectReading,
  type ProjectSettings,
  readProjectSettings,
} from '../../project/settings';
import { Debouncer } from '../analysis/debounce';
import type { Clock } from '../engine/clock';
import { ruleCatalogue } from '../rule-catalogue';
import { textOf } from '../text-of';

const FILE_NAME = 'pyproject.toml';
/** Milliseconds. */
const TYPING_PAUSE = 150;
const LONGEST_WAIT = 1000;
/** A folder that was only just made may be watched too late for what is written to it first. */
const SECOND_LOOK = 1500;
/** Bytes; above this it is no such file. */
const LONGEST_FILE = 2_000_000;
const LONGEST_BASELINE = 50_000_000;

export interface ProjectFile extends ProjectReading {
  readonly uri: vscode.Uri;
  /** What its patterns are relative to. */
  readonly folder: vscode.Uri;
  /** The text that its problems' spans belong to. */
  readonly text: string;
  readonly baseline: KnownBaseline | undefined;
}

export interface KnownBaseline {
  readonly uri: vscode.Uri;
  readonly entries: Baseline;
}

interface Known {
  readonly uri: vscode.Uri;
  readonly file: Promise<ProjectFile | undefined>;
  /** What it said when it could last be read as a whole: it holds while somebody types. */
  lastGood: ProjectSettings | undefined;
}

export class ProjectFiles implements vscode.Disposable {
  /** By the file's address, whether it is there or not. */
  private readonly known = new Map<string, Known>();
  private readonly debouncer: Debouncer;
  private readonly subscriptions: vscode.Disposable[] = [];
  /** Folders outside the workspace, which its watcher does not see. */
  private readonly watched = new Map<string, vscode.Disposable>();
  private readonly secondLooks = new Set<() => void>();
  /** The pyproject.toml that names a baseline, by the baseline's address. */
  private readonly namedBy = new Map<string, vscode.Uri>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly wasRead = new vscode.EventEmitter<vscode.Uri>();

  /** Fires with the folder below which other settings hold now. */
  readonly onDidChangeSettings = this.changed.event;
  /** Fires with the address of a file that was read, or is gone. */
  readonly onDidRead = this.wasRead.event;

  constructor(private readonly clock: Clock) {
    this.debouncer = new Debouncer(clock, TYPING_PAUSE, LONGEST_WAIT);
    this.subscriptions.push(
      this.changed,
      this.wasRead,
      this.watch(`**/${FILE_NAME}`),
      vscode.workspace.onDidOpenTextDocument(({ uri }) => this.look(uri)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.schedule(document.uri);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.schedule(uri)),
      // Not every file system tells of its changes.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.refresh();
      }),
    );
    for (const { uri } of vscode.workspace.textDocuments) this.look(uri);
  }

  dispose(): void {
    this.debouncer.cancelAll();
    for (const cancel of this.secondLooks) cancel();
    for (const subscription of [...this.subscriptions, ...this.watched.values()]) subscription.dispose();
  }

  /** The file nearest to the resource that has the table; what has no place on a file system has the first folder's. */
  async nearest(resource: vscode.Uri): Promise<ProjectFile | undefined> {
    for (const folder of foldersAbove(resource)) {
      const file = await this.fileIn(folder);
      if (file && (file.settings !== undefined || file.problems.length > 0)) return file;
    }
    return undefined;
  }

  /** The file at the address, if it was asked for. */
  async at(uri: vscode.Uri): Promise<ProjectFile | undefined> {
    return this.known.get(uri.toString())?.file;
  }

  /** Every file that was asked for, whether it is there or not. */
  files(): vscode.Uri[] {
    return [...this.known.values()].map(({ uri }) => uri);
  }

  /** Reads everything again, for a person who doubts it. */
  refresh(): void {
    for (const uri of this.files()) void this.readAgain(uri);
  }

  private fileIn(folder: vscode.Uri): Promise<ProjectFile | undefined> {
    const uri = vscode.Uri.joinPath(folder, FILE_NAME);
    const known = this.known.get(uri.toString());
    if (known) return known.file;
    if (!vscode.workspace.getWorkspaceFolder(uri)) this.watchFolder(folder);
    const cancel = this.clock.after(SECOND_LOOK, () => {
      this.secondLooks.delete(cancel);
      void this.readAgain(uri);
    });
    this.secondLooks.add(cancel);
    return this.read(uri, undefined);
  }

  private read(uri: vscode.Uri, lastGood: ProjectSettings | undefined): Promise<ProjectFile | undefined> {
    const known: Known = {
      uri,
      lastGood,
      file: textOf(uri, LONGEST_FILE).then((text) => this.understand(known, text)),
    };
    this.known.set(uri.toString(), known);
    void known.file.then(() => this.wasRead.fire(uri));
    return known.file;
  }

  private async understand(known: Known, text: string | undefined): Promise<ProjectFile | undefined> {
    if (text === undefined) return undefined;
    const { settings, problems } = readProjectSettings(text, ruleCatalogue());
    const isBroken = settings === undefined && problems.length > 0;
    if (!isBroken) known.lastGood = settings;
    const folder = vscode.Uri.joinPath(known.uri, '..');
    const used = isBroken ? known.lastGood : settings;
    const { baseline, problem } = await this.readBaseline(known.uri, folder, used?.baseline);
    const all = problem ? [...problems, problem] : problems;
    return { uri: known.uri, folder, text, problems: all, settings: used, baseline };
  }

  private async readBaseline(
    project: vscode.Uri,
    folder: vscode.Uri,
    named: ProjectSettings['baseline'],
  ): Promise<{ readonly baseline: KnownBaseline | undefined; readonly problem?: ProjectProblem }> {
    if (!named) return { baseline: undefined };
    const uri = vscode.Uri.joinPath(folder, named.path);
    const key = uri.toString();
    this.namedBy.set(key, project);
    if (!this.watched.has(key)) {
      const name = uri.path.split('/').at(-1) ?? '';
      const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), name);
      this.watched.set(key, this.watch(pattern));
    }
    const { path, span } = named;
    const text = await textOf(uri, LONGEST_BASELINE);
    if (text === undefined) {
      const message = `there is no ${path}; "nanlens check --write-baseline ${path}" writes it`;
      return { baseline: undefined, problem: { message, span, severity: 'warning' } };
    }
    const entries = parseBaseline(text);
    if (typeof entries !== 'string') return { baseline: { uri, entries } };
    return { baseline: undefined, problem: { message: `the baseline ${path} ${entries}`, span, severity: 'error' } };
  }

  private watch(pattern: vscode.GlobPattern): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const schedule = (uri: vscode.Uri): void => this.schedule(uri);
    return vscode.Disposable.from(
      watcher,
      watcher.onDidChange(schedule),
      watcher.onDidCreate(schedule),
      watcher.onDidDelete(schedule),
    );
  }

  private watchFolder(folder: vscode.Uri): void {
    const key = folder.toString();
    if (folder.scheme !== 'file' || this.watched.has(key)) return;
    this.watched.set(key, this.watch(new vscode.RelativePattern(folder, FILE_NAME)));
  }

  /** A file that a person opens is read even where no Python asks for it: what is wrong in it is shown. */
  private look(uri: vscode.Uri): void {
    if (isProjectFile(uri) && !this.known.has(uri.toString())) void this.fileIn(vscode.Uri.joinPath(uri, '..'));
  }

  private schedule(changed: vscode.Uri): void {
    const uri = this.namedBy.get(changed.toString()) ?? changed;
    if (!isProjectFile(uri) || !this.known.has(uri.toString())) return;
    this.debouncer.schedule(uri.toString(), () => void this.readAgain(uri));
  }

  private async readAgain(uri: vscode.Uri): Promise<void> {
    const known = this.known.get(uri.toString());
    const before = await known?.file;
    const after = await this.read(uri, known?.lastGood);
    if (identityOf(before) !== identityOf(after)) this.changed.fire(vscode.Uri.joinPath(uri, '..'));
  }
}

function isProjectFile(uri: vscode.Uri): boolean {
  if (!uri.path.endsWith(`/${FILE_NAME}`)) return false;
  // Old versions in a diff and the like have schemes of their own.
  const { workspaceFolders = [] } = vscode.workspace;
  return uri.scheme === 'file' || workspaceFolders.some((folder) => folder.uri.scheme === uri.scheme);
}

function isOnFileSystem(uri: vscode.Uri): boolean {
  return vscode.workspace.fs.isWritableFileSystem(uri.scheme) !== undefined;
}

/** Tells settings apart: what is written elsewhere in the file changes nothing for the analysis. */
function identityOf(file: ProjectFile | undefined): string {
  const known = file?.baseline && [...file.baseline.entries];
  return JSON.stringify([file?.settings, file !== undefined && file.problems.length > 0, known]);
}

/** The folder of the resource and those above: up to the root on a disk, else up to the workspace folder. */
function foldersAbove(resource: vscode.Uri): vscode.Uri[] {
  const workspace = vscode.workspace.getWorkspaceFolder(resource)?.uri;
  if (!isOnFileSystem(resource)) {
    const first = vscode.workspace.workspaceFolders?.[0]?.uri;
    return first ? foldersUpFrom(first, first.scheme === 'file' ? undefined : first) : [];
  }
  return foldersUpFrom(vscode.Uri.joinPath(resource, '..'), resource.scheme === 'file' ? undefined : workspace);
}

function foldersUpFrom(start: vscode.Uri, last: vscode.Uri | undefined): vscode.Uri[] {
  const folders = [start];
  for (let folder = start; folder.toString() !== last?.toString(); ) {
    const parent = vscode.Uri.joinPath(folder, '..');
    if (parent.path === folder.path) break;
    folders.push(parent);
    folder = parent;
  }
  return folders;
}
