// The language-model tool that says what a log, a dump or a folder of them tells of a run.

import * as vscode from 'vscode';
import { DUMP_LIMIT, dumpAnswer, pageOf } from '../../../agent/answers';
import type { ToolArguments } from '../../../agent/arguments';
import { ToolError } from '../../../agent/tool';
import { dumpToJson } from '../../../dump/json';
import type { ByteSource } from '../../../dump/model';
import { openDump } from '../../../dump/open';
import { readRunFolder } from '../../../dump/run-folder';
import type { Platform } from '../../platform';
import { considerate } from '../dump-viewer/considerate-source';
import { folderAt, isFolder } from '../dump-viewer/run-folder-files';
import { openWorkspaceFile } from '../dump-viewer/workspace-file';
import { findPath, shownPath } from './find-path';

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export async function dumpOf(
  args: ToolArguments,
  openFile: Platform['openFile'],
  token: vscode.CancellationToken,
): Promise<object> {
  const uri = await findPath(args.requiredText('path'));
  const page = pageOf(args, DUMP_LIMIT);
  const abort = new AbortController();
  const listening = token.onCancellationRequested(() => abort.abort());
  const open = async (at: vscode.Uri): Promise<ByteSource> => {
    const source = (await openFile?.(at)) ?? (await openWorkspaceFile(at));
    return considerate(
      source,
      () => undefined,
      () => false,
    );
  };
  try {
    if (!(await isFolder(uri))) {
      const result = await openDump(await open(uri), abort.signal);
      return dumpAnswer([{ path: shownPath(uri), ...dumpToJson(result) }], [], page);
    }
    const shown = (below: string): string => shownPath(below === '' ? uri : vscode.Uri.joinPath(uri, below));
    const { runs, failures, unreadable } = await readRunFolder(folderAt(uri, open), abort.signal);
    if (runs.length === 0) throw new ToolError('The folder holds no log or dump that tells of a run.');
    const notes = [
      ...failures.map(({ path, error }) => `${shown(path)} could not be read: ${inWords(error)}`),
      ...unreadable.map(({ path, sentence }) => `${shown(path)}: ${sentence}`),
    ];
    return dumpAnswer(
      runs.map(({ path, result }) => ({ path: shown(path), ...dumpToJson(result) })),
      notes,
      page,
    );
  } catch (error) {
    if (error instanceof ToolError) throw error;
    if (token.isCancellationRequested) throw new vscode.CancellationError();
    throw new ToolError(`${shownPath(uri)} cannot be read: ${inWords(error)}`);
  } finally {
    listening.dispose();
  }
}
