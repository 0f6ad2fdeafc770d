// One opened artefact: read, read again when it changes, and kept for all editors that show it.

import * as vscode from 'vscode';
import type { ByteSource, ReadResult } from '../../../dump/model';
import { openDump } from '../../../dump/open';
import type { TextExcerpt } from '../../../protocol/dump-view';
import type { ViewState } from '../../../protocol/messages';
import { FrameLocator } from './frame-locator';
import type { DumpViewerServices } from './services';
import { readTextExcerpt } from './text-excerpt';
import { buildViewModel, type ViewModel } from './view-model';
import { openWorkspaceFile } from './workspace-file';

const settleDelay = 250;
const progressInterval = 200;

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
  /** Time and size of the file when it was last read. */
  private stamp = '';
  private generation = 0;
  private readonly ended = new AbortController();
  private reading = false;
  private isStale = false;
  private lastDuration = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly watcher: vscode.FileSystemWatcher;

  constructor(
    readonly uri: vscode.Uri,
    private readonly services: DumpViewerServices,
  ) {
    this.locator = new FrameLocator(uri);
    this.current = { status: 'reading', generation: 0, name: this.name, read: 0, size: null };
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), escapeGlob(this.name));
    this.watcher = vscode.workspace.createFileSystemWatcher(pattern);
    this.watcher.onDidChange(() => this.reloadSoon());
    this.watcher.onDidCreate(() => this.reloadSoon());
    this.watcher.onDidDelete(() => this.sayGone());
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

  /** The artefact's own lines that say so; null where it has none. */
  async textExcerpt(generation: number, anomaly: number): Promise<TextExcerpt | null> {
    const span = this.shownAs(generation).result.dump.anomalies[anomaly]?.span;
    return span ? readTextExcerpt(await this.open(), span, this.ended.signal) : null;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.ended.abort();
    this.watcher.dispose();
    this.changed.dispose();
  }

  private async read(): Promise<void> {
    if (!this.latest)
      this.show({ status: 'reading', generation: this.generation, name: this.name, read: 0, size: null });
    this.stamp = await this.readStamp();
    const source = await this.open();
    const result = await openDump(this.withProgress(source), this.ended.signal);
    if (this.ended.signal.aborted) return;
    const generation = ++this.generation;
    const model = buildViewModel(this.name, result);
    this.previous = this.latest;
    this.latest = { ...model, generation, result };
    this.show({ status: 'shown', generation, view: model.view, notice: null });
  }

  private async open(): Promise<ByteSource> {
    return (await this.services.openFile?.(this.uri)) ?? (await openWorkspaceFile(this.uri));
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
    this.show({ status: 'shown', generation, view, notice });
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
    if (this.latest && this.current.status === 'shown' && this.current.notice === null) {
      if ((await this.readStamp()) === this.stamp) return;
    }
    await this.load();
  }

  /** Empty where the file cannot be asked. */
  private async readStamp(): Promise<string> {
    try {
      const { mtime, size } = await vscode.workspace.fs.stat(this.uri);
      return `${mtime} ${size}`;
    } catch {
      return '';
    }
  }

  private withProgress(source: ByteSource): ByteSource {
    if (this.latest) return source;
    let read = 0;
    let told = Date.now();
    const tell = (bytes: number) => {
      read += bytes;
      if (Date.now() - told < progressInterval) return;
      told = Date.now();
      const { name, generation } = this;
      this.show({ status: 'reading', generation, name, read, size: source.size ?? null });
    };
    return {
      ...source,
      async *stream() {
        for await (const chunk of source.stream()) {
          tell(chunk.length);
          yield chunk;
        }
      },
    };
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

function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?]/g, '[$&]');
}
