// Reads a folder: every artefact that runs have left in it, and for each run one story.

import { baseName, type ClosableSource, type Folder, listFiles, parentOf } from './folder';
import { type MsprobePart, readMsprobeFolder } from './formats/msprobe/reader';
import { readTfdbg2, type Tfdbg2Files, type Tfdbg2Part } from './formats/tfdbg2/reader';
import type { ReadResult } from './model';
import { openDump } from './open';
import { mergeByStep, type NamedDump } from './ranks';
import { logFormats } from './registry';
import { groupRuns, type ReadPart } from './run-groups';
import { isArtefactPath, type MsprobeFolder, partsOf, type RunPart, stemOf, writerOf } from './run-parts';
import { mergeRun } from './run-story';
import { joinedSource, lacksPlace, outputBeside, withPlaceOf } from './run-streams';

export interface RunFolderReading {
  /** One for each run. Its path is that of its file, or of the folder that its files have in common, with the name that they share there. */
  readonly runs: readonly NamedDump[];
  /** Files that tell nothing of a run. */
  readonly silent: number;
  readonly failures: readonly { readonly path: string; readonly error: unknown }[];
  /** Dumps that should have told something and could not be read: why, in words. */
  readonly unreadable: readonly { readonly path: string; readonly sentence: string }[];
  /** Whether only the nearest files were looked at. */
  readonly isCut: boolean;
}

const maxFiles = 5000;

/** Rejects only where `signal` is aborted. */
export async function readRunFolder(folder: Folder, signal: AbortSignal): Promise<RunFolderReading> {
  const { files, failures, isCut } = await listFiles(folder, isArtefactPath, maxFiles, signal);
  const names = new Set(files);
  const failed = [...failures];
  const parts: ReadPart[] = [];
  const unreadable: { path: string; sentence: string }[] = [];
  let silent = 0;
  for (const part of partsOf(files, folder.name)) {
    try {
      const result = await readPart(folder, part, names, signal);
      if (isForeign(part.path, result)) silent++;
      else if (tellsSomething(result)) parts.push({ path: part.path, result, ...writerOf(part.path) });
      else if (isDumpOf(result)) unreadable.push({ path: part.path, sentence: result.dump.verdict.sentence });
      else silent++;
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ path: part.path, error });
    }
  }
  const runs = groupRuns(withoutHistories(withRanksMerged(parts))).map((run) => ({
    path: run.length === 1 ? (run[0]?.path ?? '') : commonPath(run),
    result: mergeRun(run),
  }));
  return { runs, silent, failures: failed, unreadable, isCut };
}

async function readPart(
  folder: Folder,
  part: RunPart,
  files: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadResult> {
  if (part.kind === 'tfdbg2') return readTfdbg2Part(folder, part.files, signal);
  if (part.kind === 'msprobe') {
    return readMsprobeFolder(
      part.dumps.map((dump) => msprobePart(folder, dump)),
      signal,
    );
  }
  const result = await withFile(folder, part.path, (source) => openDump(source, signal));
  const output = outputBeside(part.path);
  if (output === null || !files.has(output) || !lacksPlace(result)) return result;
  const both = await withFile(folder, output, (printed) =>
    withFile(folder, part.path, (source) => openDump(joinedSource(printed, source), signal)),
  );
  return withPlaceOf(result, both);
}

async function withFile<T>(folder: Folder, path: string, use: (source: ClosableSource) => Promise<T>): Promise<T> {
  const source = await folder.open(path);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

async function readTfdbg2Part(
  folder: Folder,
  paths: ReadonlyMap<Tfdbg2Part, string>,
  signal: AbortSignal,
): Promise<ReadResult> {
  const opened: ClosableSource[] = [];
  try {
    const files: { [part in Tfdbg2Part]?: ClosableSource } = {};
    for (const [part, path] of paths) {
      const source = await folder.open(path);
      opened.push(source);
      files[part] = source;
    }
    return await readTfdbg2(files satisfies Tfdbg2Files, signal);
  } finally {
    for (const source of opened) await source.close();
  }
}

function msprobePart(folder: Folder, { path, step, rank }: MsprobeFolder): MsprobePart {
  return {
    path: path === '' ? folder.name : path,
    step,
    rank,
    async open(name) {
      try {
        const source = await folder.open(path === '' ? `${name}.json` : `${path}/${name}.json`);
        return { source, close: () => source.close() };
      } catch {
        return null;
      }
    },
  };
}

function tellsSomething({ dump }: ReadResult): boolean {
  return dump.anomalies.length > 0 || dump.series.length > 0 || (dump.operations?.total ?? 0) > 0;
}

/** A table of data or a file of settings is no log, though there is a NaN in it. */
function isForeign(path: string, { dump }: ReadResult): boolean {
  if (/\.[ct]sv(?:\.gz)?$/i.test(path)) return dump.format !== 'metrics-csv';
  return /\.json(?:\.gz)?$/i.test(path) && logFormats.some(({ id }) => id === dump.format);
}

function isDumpOf({ dump }: ReadResult): boolean {
  return dump.format === 'nandump' || dump.format === 'tfdbg2';
}

/** The recorder's dumps of several ranks and one step are one. */
function withRanksMerged(parts: readonly ReadPart[]): ReadPart[] {
  const byPath = new Map(parts.map((part) => [part.path, part]));
  return mergeByStep(parts).flatMap(({ path, result }): ReadPart[] => {
    const part = byPath.get(path);
    return part === undefined ? [] : [result === part.result ? part : { ...part, result, rank: null }];
  });
}

/** The recorder's history beside its dumps tells again, step by step, what they say. */
function withoutHistories(parts: readonly ReadPart[]): ReadPart[] {
  const folders = new Set(
    parts.filter(({ result }) => result.dump.format === 'nandump').map(({ path }) => parentOf(path)),
  );
  return parts.filter(
    ({ path }) => !/^history(?:\.rank-\d+)?\.jsonl$/.test(baseName(path)) || !folders.has(parentOf(path)),
  );
}

function commonPath(run: readonly ReadPart[]): string {
  const [first = [], ...others] = run.map(({ path }) => parentOf(path).split('/'));
  const length = others.reduce((same, names) => {
    const at = first.findIndex((name, i) => i >= same || names[i] !== name);
    return Math.min(same, at < 0 ? first.length : at);
  }, first.length);
  const folder = first.slice(0, length).join('/');
  const [stem = '', ...otherStems] = run.map(({ path }) => stemOf(path));
  if (stem === '' || otherStems.some((one) => one !== stem)) return folder;
  return folder === '' ? stem : `${folder}/${stem}`;
}
