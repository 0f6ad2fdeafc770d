// What VS Code's own Git extension says has changed since the last commit: edited, staged and new files.

import * as vscode from 'vscode';

/** The part of its API (version 1) that is used here; it is documented as stable, and ships no types. */
interface GitApi {
  readonly state: 'uninitialized' | 'initialized';
  readonly onDidChangeState: vscode.Event<'uninitialized' | 'initialized'>;
  readonly repositories: readonly GitRepository[];
}

interface GitRepository {
  readonly rootUri: vscode.Uri;
  /** Looks at the working tree again. */
  status(): Promise<void>;
  readonly state: Readonly<
    Record<'indexChanges' | 'workingTreeChanges' | 'mergeChanges', readonly GitChange[]> & {
      /** Apart only where `git.untrackedChanges` asks for that, and not there in older versions. */
      untrackedChanges?: readonly GitChange[];
    }
  >;
}

interface GitChange {
  readonly uri: vscode.Uri;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/** Milliseconds that the extension may take to find its repositories. */
const START_LIMIT = 10_000;

/** Files that differ from the last commit, deleted ones included; or why that cannot be told, in words. */
export async function changedFiles(): Promise<readonly vscode.Uri[] | { readonly reason: string }> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (!extension && !vscode.workspace.isTrusted) {
    return { reason: vscode.l10n.t('Git does not run in Restricted Mode, so changed files are not known.') };
  }
  if (!extension) {
    return { reason: vscode.l10n.t("VS Code's Git extension is not running here, so changed files are not known.") };
  }
  let api: GitApi;
  try {
    const git = await extension.activate();
    if (!git.enabled) return { reason: vscode.l10n.t('Git is switched off here, so changed files are not known.') };
    api = git.getAPI(1);
    await started(api);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { reason: vscode.l10n.t("VS Code's Git extension does not answer: {0}", words) };
  }
  if (api.repositories.length === 0) {
    return { reason: vscode.l10n.t('There is no Git repository here, so changed files are not known.') };
  }
  const changed = new Map<string, vscode.Uri>();
  for (const repository of api.repositories) {
    await Promise.resolve(repository.status()).catch(() => undefined);
    const { indexChanges, workingTreeChanges, mergeChanges, untrackedChanges = [] } = repository.state;
    for (const { uri } of [...indexChanges, ...workingTreeChanges, ...mergeChanges, ...untrackedChanges]) {
      changed.set(uri.toString(), uri);
    }
  }
  return [...changed.values()];
}

async function started(api: GitApi): Promise<void> {
  if (api.state === 'initialized') return;
  let subscription: vscode.Disposable | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    subscription = api.onDidChangeState((state) => {
      if (state === 'initialized') resolve();
    });
    timer = setTimeout(resolve, START_LIMIT);
  });
  subscription?.dispose();
  clearTimeout(timer);
}
