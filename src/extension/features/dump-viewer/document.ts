// One opened artefact: read, read again when it changes, and kept for all editors that show it.

import * as vscode from 'vscode';
import { soFar } from '../../../dump/early-results';
import type { Anomaly, ByteSource, ReadResult } from '../../../dump/model';
import { openDump } from '../../../dump/open';
import { mergeRanks, rankName } from '../../../dump/ranks';
import { readRunFolder } from '../../../dump/run-folder';
import type { TextExcerpt } from '../../../protocol/dump-view';
import type { ReadProgress, ViewState } from '../../../protocol/messages';
import { considerate } from './considerate-source';
import { FrameLocator } from './frame-locator';
import { folderAt, isFolder } from './run-folder-files';
import type { DumpViewerServices } from './services';
import { TensorFile } from './tensor-file';
import { readTextExcerpt } from './text-excerpt';
import { buildViewModel, type ViewModel } from './view-model';
import { openWorkspaceFile } from './workspace-file';

const settleDelay = 250;
const progressInterval = 200;
/** Whoever has more finds them on the command line. */
const mostRanks = 256;

export interface Shown extends ViewModel {
  readonly generation: number;
  readonly result: ReadResult;
}

export class DumpDocument implements vscode.CustomDocument {
  private readonly changed = new vscode.EventEmitter<ViewState>();
  /** Fires with what is to be shown from now on. */
  readonly onDidChange = this.changed.event;
  readonly locator: FrameLocator;

  private current: ViewState;
  private latest: Shown | undefined;
  /** What was shown just before: a page that has not heard of the newest yet may still ask about it. */
  private previous: Shown | undefined;
  /** Times and sizes of the file, and of those of other ranks, when they were last read. */
  private stamp = '';
  private readonly tensorFiles = new WeakMap<Shown, TensorFile>();
  private generation = 0;
  private readonly ended = new AbortController();
  /** Aborted when nobody shows the file any more. */
  readonly signal = this.ended.signal;
  private reading = false;
  /** How far the latest reading has come. */
  private progress: ReadProgress = { read: 0, size: null, isStopped: false };
  /** Whether what is shown was read to its end, or until it was stopped. */
  private isWhole = false;
  private isStale = false;
  private lastDuration = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly watcher: vscode.FileSystemWatcher;
  /** Where the artefact is a folder: of all that is in it. */
  private folderWatcher: vscode.FileSystemWatcher | undefined;

  constructor(
    readonly uri: vscode.Uri,
    private readonly services: DumpViewerServices,
  ) {
    this.locator = new FrameLocator(uri);
    this.current = { status: 'reading', generation: 0, name: this.name, read: 0, size: null };
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), globOf(this.name));
    this.watcher = vscode.workspace.createFileSystemWatcher(pattern);
    this.watcher.onDidChange(() => this.reloadSoon());
    this.watcher.onDidCreate(() => this.reloadSoon());
    this.watcher.onDidDelete((gone) => {
      if (gone.path === uri.path) this.sayGone();
      else this.reloadSoon();
    });
  }

  get name(): string {
    return this.uri.path.split('/').at(-1) ?? this.uri.path;
  }

  get state(): ViewState {
    return this.current;
  }

  get shown(): Shown | undefined {
    return this.latest;
  }

  /** What the page speaks of, if that is not long gone. @throws Error, in words, if it is not. */
  shownAs(generation: number): Shown {
    for (const shown of [this.latest, this.previous]) if (shown?.generation === generation) return shown;
    throw new Error(vscode.l10n.t('The file has changed in the meantime.'));
  }

  /** Reads the file and shows what it holds; never rejects. */
  async load(): Promise<void> {
    if (this.ended.signal.aborted) return;
    if (this.reading) {
      this.isStale = true;
      return;
    }
    this.reading = true;
    // What was stopped half-way is no reason to wait for the end without a word.
    if (this.progress.isStopped) this.isWhole = false;
    this.progress = { read: 0, size: null, isStopped: false };
    const started = Date.now();
    try {
      await this.read();
    } catch (error) {
      if (!this.ended.signal.aborted) this.fail(error);
    } finally {
      this.reading = false;
      this.lastDuration = Date.now() - started;
    }
    if (!this.isStale) return;
    this.isStale = false;
    this.reloadSoon();
  }

  /** Ends the reading that goes on; what was read is kept and shown. */
  stopReading(): void {
    if (this.reading) this.progress = { ...this.progress, isStopped: true };
  }

  /** The artefact's own lines that say so; null where it has none. */
  async textExcerpt(generation: number, anomaly: number): Promise<TextExcerpt | null> {
    const found = this.shownAs(generation).result.dump.anomalies[anomaly];
    return found?.span ? readTextExcerpt(await this.open(this.fileOf(found)), found.span, this.ended.signal) : null;
  }

  /** The tensors that the dump shown names. @throws Error, in words, where it names none. */
  tensors(generation: number): TensorFile {
    const shown = this.shownAs(generation);
    const name = shown.result.dump.recording?.tensorsFile ?? null;
    if (name === null || !isSiblingName(name)) throw new Error(vscode.l10n.t('The dump names no file of tensors.'));
    const known = this.tensorFiles.get(shown);
    if (known) return known;
    const file = new TensorFile(async () => {
      try {
        return await this.open(vscode.Uri.joinPath(this.fileOf(shown.result.dump.anomalies[0]), '..', name));
      } catch (error) {
        throw new Error(vscode.l10n.t('The tensors of this dump, {0}, cannot be read: {1}', name, inWords(error)));
      }
    });
    this.tensorFiles.set(shown, file);
    return file;
  }

  /** Another run to hold this one against. Rejects, in words, where it cannot be read. */
  async readOther(uri: vscode.Uri): Promise<ReadResult> {
    try {
      return await openDump(await this.open(uri), this.ended.signal);
    } catch (error) {
      throw new Error(inWords(error));
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.ended.abort();
    this.watcher.dispose();
    this.folderWatcher?.dispose();
    this.locator.dispose();
    this.changed.dispose();
  }

  private async read(): Promise<void> {
    if (!this.latest)
      this.show({ status: 'reading', generation: this.generation, name: this.name, read: 0, size: null });
    this.stamp = await this.readStamp();
    const result = (await isFolder(this.uri)) ? await this.readFolder() : await this.readFile();
    if (this.ended.signal.aborted) return;
    const { isStopped } = this.progress;
    this.isWhole = true;
    this.present(isStopped ? soFar(result) : result, isStopped ? this.progress : null);
    this.services.onShown?.(this.uri, result.dump, this.locator);
  }

  private present(result: ReadResult, progress: ReadProgress | null): void {
    const generation = ++this.generation;
    const model = buildViewModel(this.name, result);
    this.previous = this.latest;
    this.latest = { ...model, generation, result };
    this.show({ status: 'shown', generation, view: model.view, notice: null, progress });
  }

  /** Where something whole is shown already, it stays until there is something whole again. */
  private readonly presentEarly = (result: ReadResult): void => {
    if (!this.isWhole && !this.ended.signal.aborted) this.present(result, this.progress);
  };

  private async readFile(): Promise<ReadResult> {
    const own = await openDump(this.withProgress(await this.open()), this.ended.signal, this.presentEarly);
    return this.withOtherRanks(own);
  }

  /** The story of the run in this folder; where there are several runs, of the first that broke. */
  private async readFolder(): Promise<ReadResult> {
    this.folderWatcher ??= this.watchFolder();
    const folder = folderAt(this.uri, async (uri) => this.withProgress(await this.open(uri)));
    const { runs, failures, unreadable } = await readRunFolder(folder, this.ended.signal);
    const run = runs.find(({ result }) => result.dump.anomalies.length > 0) ?? runs[0];
    if (!run) throw new Error(vscode.l10n.t('The folder holds no log or dump that tells of a run.'));
    const remarks = [
      ...(runs.length > 1 ? [vscode.l10n.t('The folder holds {0} runs; this is {1}.', runs.length, run.path)] : []),
      ...failures.map(({ path, error }) => vscode.l10n.t('{0} could not be read: {1}', path, inWords(error))),
      ...unreadable.map(({ path, sentence }) => `${path}: ${sentence}`),
    ];
    const problems = [...remarks.map((message) => ({ message, line: null })), ...run.result.problems];
    return { dump: run.result.dump, problems };
  }

  private watchFolder(): vscode.FileSystemWatcher {
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(this.uri, '**/*'));
    watcher.onDidChange(() => this.reloadSoon());
    watcher.onDidCreate(() => this.reloadSoon());
    watcher.onDidDelete(() => this.reloadSoon());
    return watcher;
  }

  /** The file that an anomaly is told of in: this one, or one of this folder. */
  fileOf(anomaly: Anomaly | undefined): vscode.Uri {
    const file = anomaly?.file;
    return file === undefined || file.split('/').includes('..') ? this.uri : vscode.Uri.joinPath(this.uri, file);
  }

  private async open(uri = this.uri): Promise<ByteSource> {
    return (await this.services.openFile?.(uri)) ?? (await openWorkspaceFile(uri));
  }

  /** One verdict with the dumps of the other ranks beside it; the file's own where they cannot be listed. */
  private async withOtherRanks(own: ReadResult): Promise<ReadResult> {
    if (own.dump.format !== 'nandump') return own;
    const dumps = [{ path: this.uri.path, result: own }];
    for (const uri of await this.otherRanks()) {
      try {
        dumps.push({ path: uri.path, result: await openDump(await this.open(uri), this.ended.signal) });
      } catch (error) {
        this.ended.signal.throwIfAborted();
        this.services.log(`Reading ${uri.toString(true)}: ${inWords(error)}`);
      }
    }
    return mergeRanks(dumps).result;
  }

  /** Files beside this one that hold the same step of other ranks. */
  private async otherRanks(): Promise<readonly vscode.Uri[]> {
    const own = rankName(this.name);
    if (own === null) return [];
    const folder = vscode.Uri.joinPath(this.uri, '..');
    try {
      const entries = await vscode.workspace.fs.readDirectory(folder);
      return entries
        .filter(([name]) => name !== this.name && rankName(name)?.key === own.key)
        .slice(0, mostRanks)
        .map(([name]) => vscode.Uri.joinPath(folder, name));
    } catch {
      return [];
    }
  }

  private fail(error: unknown): void {
    const message = inWords(error);
    this.services.log(`Reading ${this.uri.toString(true)}: ${message}`);
    if (this.latest) this.say(message);
    else this.show({ status: 'failed', generation: ++this.generation, name: this.name, message });
  }

  private sayGone(): void {
    if (this.latest) this.say(vscode.l10n.t('The file is gone. This is what it said when it was last read.'));
    else this.reloadSoon();
  }

  /** Keeps what is shown and adds a remark. */
  private say(notice: string): void {
    if (!this.latest) return;
    const { view, generation } = this.latest;
    this.show({ status: 'shown', generation, view, notice, progress: this.progress.isStopped ? this.progress : null });
  }

  private show(state: ViewState): void {
    this.current = state;
    this.changed.fire(state);
  }

  /** A log that grows all the time is read at most half of the time. */
  private reloadSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.loadIfChanged(), Math.max(settleDelay, this.lastDuration));
  }

  /** Watchers also tell of changes from before the file was read. */
  private async loadIfChanged(): Promise<void> {
    // Whoever has stopped the reading says when to go on.
    if (this.progress.isStopped) return;
    const isShown = this.latest && this.current.status === 'shown' && this.current.notice === null;
    // Of a folder there is no stamp that would tell of its files.
    if (isShown && !this.folderWatcher) {
      if ((await this.readStamp()) === this.stamp) return;
    }
    await this.load();
  }

  /** Empty where the file cannot be asked. */
  private async readStamp(): Promise<string> {
    try {
      const stamps = [this.uri, ...(await this.otherRanks())].map(async (uri) => {
        const { mtime, size } = await vscode.workspace.fs.stat(uri);
        return `${uri.path} ${mtime} ${size}`;
      });
      return (await Promise.all(stamps)).sort().join('\n');
    } catch {
      return '';
    }
  }

  private withProgress(source: ByteSource): ByteSource {
    let told = Date.now();
    const onRead = (bytes: number): void => {
      const read = this.progress.read + bytes;
      this.progress = { ...this.progress, read, size: source.size ?? null };
      if (this.latest || Date.now() - told < progressInterval) return;
      told = Date.now();
      const { name, generation } = this;
      this.show({ status: 'reading', generation, name, read, size: source.size ?? null });
    };
    return considerate(source, onRead, () => this.progress.isStopped);
  }
}

function inWords(error: unknown): string {
  if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') {
    return vscode.l10n.t('There is no such file.');
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return vscode.l10n.t('There is no such file.');
  if (code === 'EACCES' || code === 'EPERM') return vscode.l10n.t('You may not read this file.');
  if (code === 'EISDIR') return vscode.l10n.t('This is a folder, not a file.');
  return error instanceof Error ? error.message : String(error);
}

/** A dump may only point at a file beside it. */
function isSiblingName(name: string): boolean {
  return !/[\\/:\0]/.test(name) && name !== '' && !name.startsWith('.');
}

function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?]/g, '[$&]');
}

/** The file, and where it is one rank's the others of its step. */
function globOf(name: string): string {
  if (rankName(name) === null) return escapeGlob(name);
  return `${escapeGlob(name.replace(/\d+\.nandump\.json$/, ''))}*.nandump.json`;
}
