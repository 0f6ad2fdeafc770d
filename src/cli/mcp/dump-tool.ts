// The tool that says what a log, a dump or a folder of them tells of a run.

import path from 'node:path';
import { DUMP_LIMIT, dumpAnswer, type NamedDumpJson, pageOf } from '../../agent/answers';
import type { ToolArguments } from '../../agent/arguments';
import { ToolError } from '../../agent/tool';
import { dumpToJson } from '../../dump/json';
import { openDump } from '../../dump/open';
import { readRunFolder } from '../../dump/run-folder';
import { folderOnDisk } from '../dump';
import { describeFileError } from '../file-error';
import { openFileSource } from '../file-source';
import { visible } from '../terminal';
import type { FoundTarget, Roots } from './roots';

export async function readDump(args: ToolArguments, roots: Roots, signal: AbortSignal): Promise<object> {
  const target = await roots.find(args.requiredText('path'));
  const page = pageOf(args, DUMP_LIMIT);
  if (!target.isFolder) return dumpAnswer([await oneDump(target, signal)], [], page);
  const shown = (below: string): string => roots.shown(path.join(target.file, below));
  // Links inside are passed over, so that nothing outside is read.
  const reading = await readRunFolder(
    folderOnDisk(target.file, () => undefined),
    signal,
  );
  const notes = [
    ...reading.failures.map(
      ({ path: below, error }) => `${shown(below)} could not be read: ${describeFileError(error)}`,
    ),
    ...reading.unreadable.map(({ path: below, sentence }) => `${shown(below)}: ${sentence}`),
    ...(reading.isCut ? ['the folder holds too many files; only the nearest were read'] : []),
  ];
  if (reading.runs.length === 0) {
    throw new ToolError([`${visible(target.shown)} holds no log or dump that tells of a run.`, ...notes].join(' '));
  }
  const dumps = reading.runs.map(({ path: below, result }) => ({ path: shown(below), ...dumpToJson(result) }));
  return dumpAnswer(dumps, notes, page);
}

async function oneDump({ file, shown }: FoundTarget, signal: AbortSignal): Promise<NamedDumpJson> {
  try {
    const source = await openFileSource(file);
    try {
      return { path: shown, ...dumpToJson(await openDump(source, signal)) };
    } finally {
      await source.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new ToolError(`${visible(shown)}: ${describeFileError(error)}.`);
  }
}
