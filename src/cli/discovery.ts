// From the paths of a command line to the files to check: folders walked, globs expanded, ignored files left out.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { EXCLUDED_FOLDERS, Discovery as Search } from '../project/discovery';
import type { FileTree } from '../project/file-tree';
import { disk, withSlashes } from './disk';
import { describeFileError, errorCode } from './file-error';

export interface Failure {
  /** As it is shown to the user. */
  readonly path: string;
  readonly message: string;
}

export interface FoundFile {
  /** Absolute. */
  readonly file: string;
  /** As it is shown: relative to the working folder if it lies below it, with slashes. */
  readonly path: string;
}

export interface Discovery {
  /** Sorted by shown path, each file once. */
  readonly files: readonly FoundFile[];
  /** Python files and notebooks that were passed over because a rule excludes them. */
  readonly skipped: number;
  readonly failed: readonly Failure[];
}

export interface DiscoveryOptions {
  readonly cwd: string;
  readonly tree?: FileTree;
  /** Whether the project's own settings leave a file (absolute) or a folder out. */
  readonly isExcluded?: (target: string, isFolder: boolean) => Promise<boolean>;
  /** Called now and then with the number of files found so far. */
  readonly onProgress?: (found: number) => void;
}

/** `file` as it is shown to a person who works in `cwd`. */
export function displayPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  const isBelow = relative !== '' && !relative.startsWith(`..${path.sep}`) && relative !== '..';
  const shown = isBelow && !path.isAbsolute(relative) ? relative : file;
  return shown.split(path.sep).join('/');
}

/** Takes what a glob matches. @returns false where that is nothing */
async function expand(pattern: string, cwd: string, search: Search): Promise<boolean> {
  const found = await glob(pattern, {
    cwd,
    absolute: true,
    dot: true,
    onlyFiles: false,
    expandDirectories: false,
    followSymbolicLinks: false,
    ignore: [...EXCLUDED_FOLDERS].map((name) => `**/${name}/**`),
  });
  // "**" meets every folder on the way; only files count then, for a walk of each would visit all twice.
  for (const match of found) {
    // The rules of a walk hold for a file that a glob met, for nobody named it.
    if (!match.endsWith('/')) await search.takeIfWalked(withSlashes(path.normalize(match)), withSlashes(cwd));
    else if (!pattern.includes('**')) await search.walk(withSlashes(path.resolve(match)));
  }
  return found.length > 0;
}

/**
 * Finds the files that `paths` name. A file that is named outright is taken whatever it is called and whatever ignores
 * it; folders and globs give `.py` and `.ipynb` files that neither git nor the built-in list excludes.
 */
export async function discover(paths: readonly string[], options: DiscoveryOptions): Promise<Discovery> {
  const { cwd, isExcluded, onProgress } = options;
  const failed: Failure[] = [];
  const search = new Search(options.tree ?? disk, {
    top: withSlashes(cwd),
    ...(isExcluded && { isExcluded: (target, isFolder) => isExcluded(path.normalize(target), isFolder) }),
    ...(onProgress && { onProgress }),
  });
  for (const given of paths) {
    const target = path.resolve(cwd, given);
    const fail = (message: string): void => void failed.push({ path: displayPath(target, cwd), message });
    try {
      const found = await stat(target);
      if (found.isDirectory()) await search.walk(withSlashes(target));
      else if (found.isFile()) await search.take(withSlashes(target));
      else fail('is neither a file nor a folder; to check what a program writes, pipe it into "-"');
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || !isDynamicPattern(given)) fail(describeFileError(error));
      else if (!(await expand(given, cwd, search))) failed.push({ path: given, message: 'matches no file or folder' });
    }
  }
  for (const { path: folder, error } of search.unreadable) {
    failed.push({
      path: displayPath(path.normalize(folder), cwd),
      message: `could not be read: ${describeFileError(error)}`,
    });
  }
  const files = search.files
    .map((found) => path.normalize(found))
    .map((file) => ({ file, path: displayPath(file, cwd) }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files, skipped: search.excluded, failed };
}
