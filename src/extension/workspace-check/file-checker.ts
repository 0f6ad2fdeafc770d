// Checks files from the file system in a worker of their own, so that what is being typed never waits for them.

import * as vscode from 'vscode';
import { isNotebookName, MAX_NOTEBOOK_BYTES, MAX_PYTHON_BYTES } from '../../project/source-file';
import { filesBeside, NOTHING_BESIDE } from '../analysis/beside';
import { ANALYSIS_BUDGET } from '../analysis/service';
import type { EngineClient } from '../engine/client';
import type { Clock } from '../engine/clock';
import type { Configurations } from '../project/configurations';
import type { CheckedFiles } from './store';

export type FileOutcome =
  | { readonly kind: 'checked'; readonly findings: number }
  /** Nothing to check: switched off there, another language, or news has come in meanwhile. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly message: string };

/** Milliseconds without work after which the worker is ended, and its memory given back. */
const IDLE_LIMIT = 5000;

export class FileChecker implements vscode.Disposable {
  private engine: EngineClient | undefined;
  private cancelEnd: () => void = () => undefined;
  private working = 0;
  /** The newest check of each file that is under way. */
  private readonly turns = new Map<string, number>();
  private turn = 0;

  /**
   * @param createEngine makes a client with a worker of its own
   * @param typing the client that analyses what is being edited: it goes first
   */
  constructor(
    private readonly files: CheckedFiles,
    private readonly createEngine: () => EngineClient,
    private readonly configurations: Configurations,
    private readonly typing: Pick<EngineClient, 'whenQuiet'>,
    private readonly clock: Clock,
  ) {}

  /** Whether a check of the file has begun and not ended. */
  isUnderWay(uri: vscode.Uri): boolean {
    return this.turns.has(uri.toString());
  }

  /** Reads and analyses a file and keeps what was found. Never throws. */
  async check(uri: vscode.Uri): Promise<FileOutcome> {
    const key = uri.toString();
    const turn = ++this.turn;
    this.turns.set(key, turn);
    this.working++;
    this.cancelEnd();
    try {
      return await this.checkNow(uri, () => this.turns.get(key) === turn);
    } catch (error) {
      this.files.drop((file) => file.uri.toString() === key);
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    } finally {
      if (this.turns.get(key) === turn) this.turns.delete(key);
      this.working--;
      if (this.working === 0) this.cancelEnd = this.clock.after(IDLE_LIMIT, () => this.endEngine());
    }
  }

  /** Gives up what is under way, so that nothing more is kept of it. */
  forgetAll(): void {
    this.turns.clear();
    this.endEngine();
  }

  dispose(): void {
    this.cancelEnd();
    this.forgetAll();
  }

  private endEngine(): void {
    this.engine?.dispose();
    this.engine = undefined;
  }

  private async checkNow(uri: vscode.Uri, isNewest: () => boolean): Promise<FileOutcome> {
    const key = uri.toString();
    const forget = (): void => this.files.drop((file) => file.uri.toString() === key);
    const { settings, config, isExcluded } = await this.configurations.of(uri);
    if (!settings.enabled || isExcluded) {
      forget();
      return { kind: 'skipped' };
    }
    const isNotebook = isNotebookName(uri.path);
    const { size } = await vscode.workspace.fs.stat(uri);
    const limit = isNotebook ? MAX_NOTEBOOK_BYTES : MAX_PYTHON_BYTES;
    if (size > limit) {
      forget();
      return { kind: 'failed', message: vscode.l10n.t('it is too large to be read') };
    }
    const bytes = await vscode.workspace.fs.readFile(uri);
    let beside = NOTHING_BESIDE;
    let outcome = await this.ask(key, { kind: 'checkFile', bytes, isNotebook, config });
    if (outcome.kind === 'done' && outcome.value.kind === 'needsFiles') {
      beside = (await filesBeside(uri, outcome.value.cells)) ?? NOTHING_BESIDE;
      outcome = await this.ask(key, {
        kind: 'checkFile',
        bytes,
        isNotebook,
        config: { ...config, files: beside.texts },
      });
    }
    if (!isNewest() || outcome.kind === 'superseded') return { kind: 'skipped' };
    if (outcome.kind === 'done' && outcome.value.kind === 'checked') {
      const { findings } = outcome.value;
      this.files.set({ uri, findings, beside: beside.places });
      return { kind: 'checked', findings: findings.length };
    }
    forget();
    if (outcome.kind === 'timeout') {
      return { kind: 'failed', message: vscode.l10n.t('given up after {0} s', outcome.milliseconds / 1000) };
    }
    if (outcome.kind === 'failed') return { kind: 'failed', message: outcome.message };
    return outcome.value.kind === 'failed' ? { kind: 'failed', message: outcome.value.message } : { kind: 'skipped' };
  }

  private async ask(
    key: string,
    request: Parameters<typeof EngineClient.prototype.request>[1] & { readonly kind: 'checkFile' },
  ) {
    await this.typing.whenQuiet();
    this.engine ??= this.createEngine();
    return this.engine.request(key, request, ANALYSIS_BUDGET);
  }
}
