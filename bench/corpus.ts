// The real files that performance is measured on: of installed packages, found at run time, never part of the repository.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface BenchFile {
  /** About how many lines the file stands for. */
  readonly size: number;
  /** Path inside the folder of packages. */
  readonly name: string;
  readonly text: string;
}

/**
 * By size, the first that is installed is taken: torch's own training code, then the standard library, which every
 * Python has. The large file of torch is the hard case: one class of 10,000 lines, so that no edit is far from anything.
 */
const CANDIDATES: Readonly<Record<number, readonly string[]>> = {
  300: ['torch/nn/utils/clip_grad.py', 'filecmp.py'],
  3000: ['torch/testing/_internal/common_quantization.py', 'test/test_statistics.py', 'unittest/mock.py'],
  10000: ['torch/testing/_internal/distributed/distributed_test.py', 'test/test_typing.py', '_pydecimal.py'],
};

const ENVIRONMENT = path.resolve('.cache/venv/bin/python');

/** Folders in which an interpreter finds packages and its standard library. */
function packageFolders(python: string): string[] {
  const script = "import sysconfig; p = sysconfig.get_paths(); print(p['purelib']); print(p['stdlib'])";
  const run = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim().split('\n') : [];
}

/** @throws Error in words if no Python with any of the candidates is there. */
export function benchFiles(): BenchFile[] {
  const folders = [...packageFolders(ENVIRONMENT), ...packageFolders('python3')];
  return Object.entries(CANDIDATES).map(([size, names]) => {
    for (const name of names) {
      const folder = folders.find((candidate) => existsSync(path.join(candidate, name)));
      if (folder !== undefined) {
        return { size: Number(size), name, text: readFileSync(path.join(folder, name), 'utf8') };
      }
    }
    throw new Error(`No Python here has any of ${names.join(', ')}: install Python 3 with its standard library.`);
  });
}

export function lineCount(text: string): number {
  return text.split('\n').length - 1;
}
