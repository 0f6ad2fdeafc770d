// The disk as a tree of files.

import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FileTree } from '../project/file-tree';

/** macOS and Windows have file systems that do not tell case apart. */
const IGNORES_CASE = process.platform === 'win32' || process.platform === 'darwin';

/** An absolute path of this system as the trees of files write it, which Node takes as well. */
export function withSlashes(file: string): string {
  return file.split(path.sep).join('/');
}

export const disk: FileTree = {
  ignoresCase: IGNORES_CASE,
  async list(folder) {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.map((entry) => ({
      name: entry.name,
      kind: entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other',
    }));
  },
  readText: (file) => readFile(file, 'utf8').catch(() => undefined),
  leadsToFile: (link) =>
    stat(link).then(
      (found) => found.isFile(),
      () => false,
    ),
  realPath: (file) => realpath(file).catch(() => file),
};
