// A folder as the readers see it, wherever it is: its names, and the bytes of its files.

import type { ByteSource } from './model';

/** A byte source that is to be closed after use. */
export interface ClosableSource extends ByteSource {
  close(): Promise<void>;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Paths are relative to it, with `/` between names; the empty path is the folder itself. */
export interface Folder {
  readonly name: string;
  /** Only files that can be read twice, and folders that may hold artefacts of a run. */
  entries(path: string): Promise<readonly FolderEntry[]>;
  open(path: string): Promise<ClosableSource>;
}

/** Below a folder of data or checkpoints there may be millions. */
const maxEntries = 200_000;

export interface FolderListing {
  readonly files: readonly string[];
  /** Folders that could not be listed, and why. */
  readonly failures: readonly { readonly path: string; readonly error: unknown }[];
  readonly isCut: boolean;
}

/**
 * Every file below the folder that `isWanted` takes, nearest first and in the order of the names.
 * @throws the signal's reason where it is aborted.
 */
export async function listFiles(
  folder: Folder,
  isWanted: (path: string) => boolean,
  limit: number,
  signal: AbortSignal,
): Promise<FolderListing> {
  const files: string[] = [];
  const failures: { path: string; error: unknown }[] = [];
  const pending = [''];
  let seen = 0;
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    signal.throwIfAborted();
    let entries: readonly FolderEntry[];
    try {
      entries = await folder.entries(next);
    } catch (error) {
      failures.push({ path: next, error });
      continue;
    }
    for (const { name, isFolder } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = next === '' ? name : `${next}/${name}`;
      if (isFolder) pending.push(path);
      else if (isWanted(path)) files.push(path);
      seen++;
    }
    if (files.length > limit || seen > maxEntries) return { files: files.slice(0, limit), failures, isCut: true };
  }
  return { files, failures, isCut: false };
}

export function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
