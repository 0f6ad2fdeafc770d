// The commands that check more than what is open: the workspace, a folder, or what has changed. Nothing runs unasked.

import * as vscode from 'vscode';
import type { AnalysisService } from '../analysis/service';
import type { EngineClient } from '../engine/client';
import type { Clock } from '../engine/clock';
import type { Platform } from '../platform';
import type { Configurations } from '../project/configurations';
import { FileChecker } from '../workspace-check/file-checker';
import type { CheckScope } from '../workspace-check/find-files';
import { Freshness } from '../workspace-check/freshness';
import { type CheckProgress, type CheckSummary, runCheck } from '../workspace-check/run';
import { CheckedFiles } from '../workspace-check/store';
import { refuse, tell } from './document-commands';
import { registerFindingActions } from './findings-tree/actions';
import { counted } from './findings-tree/items';
import { FindingsView } from './findings-tree/view';

export interface WorkspaceCheckOptions {
  readonly platform: Pick<Platform, 'files'>;
  readonly service: AnalysisService;
  /** Analyses what is being edited. */
  readonly engine: EngineClient;
  /** Makes a client with a worker of its own. */
  readonly createEngine: () => EngineClient;
  readonly configurations: Configurations;
  readonly log: vscode.LogOutputChannel;
  readonly memory: vscode.Memento;
  readonly clock: Clock;
}

export class WorkspaceCheck implements vscode.Disposable {
  readonly files = new CheckedFiles();
  readonly view: FindingsView;
  private readonly checker: FileChecker;
  private readonly freshness: Freshness;
  private readonly subscriptions: readonly vscode.Disposable[];
  private running: vscode.CancellationTokenSource | undefined;
  private last: CheckScope | undefined;

  /** How far the check that runs has come. */
  progress: CheckProgress | undefined;

  constructor(private readonly options: WorkspaceCheckOptions) {
    const { service, engine, createEngine, configurations, memory, clock } = options;
    this.checker = new FileChecker(this.files, createEngine, configurations, engine, clock);
    this.freshness = new Freshness(this.files, this.checker, configurations, clock);
    this.view = new FindingsView(service, this.files, memory, clock);
    const { registerCommand } = vscode.commands;
    this.subscriptions = [
      this.view,
      this.freshness,
      this.checker,
      this.files,
      registerFindingActions(service),
      registerCommand('nanlens.checkWorkspace', () => this.check({ kind: 'workspace' })),
      registerCommand('nanlens.checkChangedFiles', () => this.check({ kind: 'changed' })),
      registerCommand('nanlens.checkFolder', (folder?: vscode.Uri, selected?: readonly vscode.Uri[]) =>
        this.checkFolder(folder, selected),
      ),
      registerCommand('nanlens.refreshFindings', () => this.refresh()),
      registerCommand('nanlens.cancelCheck', () => this.running?.cancel()),
      registerCommand('nanlens.clearWorkspaceFindings', () => this.clear()),
      configurations.onDidChange(() => {
        if (this.files.size > 0) {
          this.view.message = vscode.l10n.t('The settings have changed since this check. Refresh to check all again.');
        }
      }),
    ];
  }

  dispose(): void {
    this.running?.cancel();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** A check that is asked for while another runs takes its place. */
  private async check(scope: CheckScope): Promise<CheckSummary | undefined> {
    this.running?.cancel();
    const source = new vscode.CancellationTokenSource();
    this.running = source;
    this.last = scope;
    this.freshness.start();
    const setChecking = (isChecking: boolean): Thenable<unknown> =>
      vscode.commands.executeCommand('setContext', 'nanlens.isChecking', isChecking);
    try {
      void setChecking(true);
      this.view.offer();
      const outcome = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, cancellable: true, title: titleOf(scope) },
        (progress, token) => {
          token.onCancellationRequested(() => source.cancel());
          return this.run(scope, source, progress);
        },
      );
      if ('reason' in outcome) {
        refuse(outcome.reason);
        return undefined;
      }
      if (this.running === source) await this.report(outcome);
      return outcome;
    } finally {
      if (this.running === source) {
        this.running = undefined;
        this.progress = undefined;
        void setChecking(false);
      }
      source.dispose();
    }
  }

  private run(
    scope: CheckScope,
    { token }: vscode.CancellationTokenSource,
    progress: vscode.Progress<{ message?: string; increment?: number }>,
  ): ReturnType<typeof runCheck> {
    let told = 0;
    const onProgress = (now: CheckProgress): void => {
      if (token.isCancellationRequested) return;
      this.progress = now;
      const isEnd = now.done === now.total;
      // Each message goes to the window: ten a second are plenty for eyes.
      if (!isEnd && this.options.clock.now() - told < 100) return;
      const before = this.shownPercent;
      this.shownPercent = now.total ? (100 * now.done) / now.total : 0;
      told = this.options.clock.now();
      progress.report({ message: progressWords(now), increment: this.shownPercent - before });
    };
    this.shownPercent = 0;
    const { files, checker } = this;
    const { platform, configurations } = this.options;
    const isExcluded = async (uri: vscode.Uri): Promise<boolean> => (await configurations.of(uri)).isExcluded;
    return runCheck(scope, { files, checker, platform, token, onProgress, isExcluded });
  }

  private shownPercent = 0;

  private async report(summary: CheckSummary): Promise<void> {
    const { log } = this.options;
    for (const problem of summary.problems) log.warn(problem);
    const words = summaryWords(summary);
    log.info(words);
    this.view.message = words;
    tell(words);
    if (summary.findings > 0) await this.view.show();
  }

  private async checkFolder(folder?: vscode.Uri, selected?: readonly vscode.Uri[]): Promise<CheckSummary | undefined> {
    const asked = selected && selected.length > 0 ? selected : folder ? [folder] : await chooseFolder();
    const folders: vscode.Uri[] = [];
    for (const uri of asked) if (await isFolder(uri)) folders.push(uri);
    if (folders.length > 0) return this.check({ kind: 'folders', folders });
    if (asked.length > 0) refuse(vscode.l10n.t('choose a folder to check.'));
    return undefined;
  }

  /** The last check once more; without one, what is open. */
  private async refresh(): Promise<CheckSummary | undefined> {
    if (this.last) return this.check(this.last);
    this.options.service.analyzeEverything();
    return undefined;
  }

  private clear(): void {
    this.running?.cancel();
    this.last = undefined;
    this.freshness.stop();
    this.checker.forgetAll();
    this.files.drop(() => true);
    this.view.message = undefined;
  }
}

async function chooseFolder(): Promise<readonly vscode.Uri[]> {
  const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: true,
    ...(defaultUri && { defaultUri }),
    openLabel: vscode.l10n.t('Check'),
  });
  return chosen ?? [];
}

async function isFolder(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  } catch {
    return false;
  }
}

function titleOf(scope: CheckScope): string {
  if (scope.kind === 'workspace') return vscode.l10n.t('NaN Lens: checking the workspace');
  if (scope.kind === 'changed') return vscode.l10n.t('NaN Lens: checking changed files');
  return vscode.l10n.t('NaN Lens: checking the folder');
}

function progressWords({ done, total, found, findings }: CheckProgress): string {
  return total === undefined
    ? vscode.l10n.t('looking for files: {0}', found)
    : vscode.l10n.t('{0} of {1} files, {2}', done, total, counted(findings));
}

export function summaryWords(summary: CheckSummary): string {
  const { checked, found, findings, filesWithFindings, problems, isCancelled, scope } = summary;
  if (found === 0 && !isCancelled) {
    return scope.kind === 'changed'
      ? vscode.l10n.t('No Python file or notebook has changed.')
      : vscode.l10n.t('There is no Python file or notebook that is not excluded.');
  }
  const result =
    findings === 0
      ? vscode.l10n.t('no findings')
      : vscode.l10n.t('{0} in {1} files', counted(findings), filesWithFindings);
  const words = isCancelled
    ? vscode.l10n.t('Cancelled after {0} of {1} files: {2}.', checked, found, result)
    : vscode.l10n.t('{0} files checked: {1}.', checked, result);
  return problems.length === 0
    ? words
    : `${words} ${vscode.l10n.t('Not everything could be checked ({0}); the output says what.', problems.length)}`;
}
