// One check that a person asked for: finds the files, checks one after another, and tells how far it has come.

import * as vscode from 'vscode';
import { pathBelow } from '../../project/file-tree';
import type { FileChecker } from './file-checker';
import { type CheckScope, type FindOptions, findFiles } from './find-files';
import type { CheckedFiles } from './store';

export interface CheckProgress {
  readonly done: number;
  /** Undefined while files are still being looked for. */
  readonly total: number | undefined;
  /** Files that were found so far. */
  readonly found: number;
  readonly findings: number;
}

export interface CheckSummary {
  readonly scope: CheckScope;
  /** Files that were found, and of these the ones that were checked before it ended or was cancelled. */
  readonly found: number;
  readonly checked: number;
  readonly findings: number;
  readonly filesWithFindings: number;
  readonly excluded: number;
  /** What could not be read or checked, in words. */
  readonly problems: readonly string[];
  readonly isCancelled: boolean;
}

export interface RunOptions extends Omit<FindOptions, 'onProgress'> {
  readonly files: CheckedFiles;
  readonly checker: FileChecker;
  readonly onProgress: (progress: CheckProgress) => void;
}

/** Files that are read ahead, so that the worker never waits for a slow file system. */
const AT_ONCE = 3;

/** Never throws; `reason` says why nothing could be checked. */
export async function runCheck(
  scope: CheckScope,
  options: RunOptions,
): Promise<CheckSummary | { readonly reason: string }> {
  const { files, checker, token, onProgress } = options;
  const tell = (found: number): void => onProgress({ done: 0, total: undefined, found, findings: 0 });
  const search = await findFiles(scope, { ...options, onProgress: tell });
  if ('reason' in search) return search;
  const problems = [...search.problems];
  const cancelled = cancellation(token);
  const pending = search.files.values();
  let done = 0;
  let findings = 0;
  let filesWithFindings = 0;
  const work = async (): Promise<void> => {
    for (let next = pending.next(); !next.done && !token.isCancellationRequested; next = pending.next()) {
      const outcome = await Promise.race([checker.check(next.value), cancelled]);
      if (outcome === undefined) return;
      if (outcome.kind === 'checked') {
        findings += outcome.findings;
        if (outcome.findings > 0) filesWithFindings++;
      } else if (outcome.kind === 'failed') {
        problems.push(`${vscode.workspace.asRelativePath(next.value)}: ${outcome.message}`);
      }
      done++;
      onProgress({ done, total: search.files.length, found: search.files.length, findings });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const isCancelled = token.isCancellationRequested;
  if (!isCancelled) dropOthers(scope, search.files, files);
  const { excluded } = search;
  return {
    scope,
    found: search.files.length,
    checked: done,
    findings,
    filesWithFindings,
    excluded,
    problems,
    isCancelled,
  };
}

/** A long file need not be waited for; what it gives is kept if it comes. */
function cancellation(token: vscode.CancellationToken): Promise<undefined> {
  return new Promise((resolve) => {
    if (token.isCancellationRequested) resolve(undefined);
    else token.onCancellationRequested(() => resolve(undefined));
  });
}

/** What an earlier check found in files that this one no longer meets is no news of today. */
function dropOthers(scope: CheckScope, found: readonly vscode.Uri[], files: CheckedFiles): void {
  if (scope.kind === 'changed') return;
  const met = new Set(found.map((uri) => uri.toString()));
  const folders = scope.kind === 'folders' ? scope.folders : undefined;
  const isInScope = (uri: vscode.Uri): boolean =>
    !folders || folders.some((folder) => pathBelow(folder.toString(), uri.toString()) !== undefined);
  files.drop(({ uri }) => isInScope(uri) && !met.has(uri.toString()));
}
