// Which paths git ignores: the .gitignore files of a folder, of the folders around it, and .git/info/exclude.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';

interface RuleFile {
  /** Absolute folder that the patterns are relative to. */
  readonly base: string;
  readonly rules: Ignore;
}

/** macOS and Windows have file systems that do not tell case apart, and git is set up there to match. */
const IGNORES_CASE = process.platform === 'win32' || process.platform === 'darwin';

/** The ignore rules that hold inside one folder; the deepest file that says anything about a path decides. */
export class IgnoreRules {
  private constructor(private readonly files: readonly RuleFile[]) {}

  static readonly none = new IgnoreRules([]);

  /**
   * The rules around `folder` (absolute), up to the root of its repository; none where it is in no repository, and none
   * where they ignore the folder itself: whoever names it wants it read.
   */
  static async around(folder: string): Promise<IgnoreRules> {
    const chain: string[] = [];
    let isRepository = false;
    for (let at = folder; ; at = path.dirname(at)) {
      if (await readText(path.join(at, '.git', 'HEAD'))) isRepository = true;
      // In a worktree or a submodule, ".git" is a file that points elsewhere.
      else if (await readText(path.join(at, '.git'))) isRepository = true;
      chain.unshift(at);
      if (isRepository || at === path.dirname(at)) break;
    }
    if (!isRepository) return IgnoreRules.none;
    const root = chain[0] ?? folder;
    let rules = IgnoreRules.none.with(root, await readText(path.join(root, '.git', 'info', 'exclude')));
    for (const above of chain.slice(0, -1)) rules = await rules.inside(above);
    for (const at of chain.slice(1)) if (rules.ignores(at, true)) return IgnoreRules.none;
    return rules;
  }

  /** These rules and those of the folder's own .gitignore. */
  async inside(folder: string): Promise<IgnoreRules> {
    return this.with(folder, await readText(path.join(folder, '.gitignore')));
  }

  private with(base: string, patterns: string | undefined): IgnoreRules {
    if (!patterns?.trim()) return this;
    const rules = ignore({ ignorecase: IGNORES_CASE, allowRelativePaths: true }).add(patterns);
    return new IgnoreRules([...this.files, { base, rules }]);
  }

  /** @param target absolute path below the folder, none of whose parents is ignored */
  ignores(target: string, isFolder: boolean): boolean {
    for (let i = this.files.length - 1; i >= 0; i--) {
      const file = this.files[i] as RuleFile;
      const relative = path.relative(file.base, target).split(path.sep).join('/');
      const parent = path.posix.dirname(relative);
      // A file whose parent it ignores has been overruled by a deeper one, and has no say below.
      if (parent !== '.' && file.rules.ignores(`${parent}/`)) continue;
      const verdict = file.rules.test(isFolder ? `${relative}/` : relative);
      if (verdict.ignored) return true;
      if (verdict.unignored) return false;
    }
    return false;
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
