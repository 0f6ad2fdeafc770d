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
   * The rules around `folder`, up to the root of its repository; where it is in none, up to the working folder `cwd`.
   * None where they ignore the folder itself: whoever names it wants it read. Both paths are absolute.
   */
  static async around(folder: string, cwd: string): Promise<IgnoreRules> {
    const chain = parentsOf(folder);
    let top = await repositoryRoot(chain);
    let rules = IgnoreRules.none;
    if (top >= 0) {
      const root = chain[top] as string;
      rules = rules.with(root, await readText(path.join(root, '.git', 'info', 'exclude')));
    } else top = chain.indexOf(cwd);
    if (top < 0) return rules;
    for (const [i, above] of chain.slice(top, -1).entries()) {
      rules = await rules.inside(above);
      if (rules.ignores(chain[top + i + 1] as string, true)) return IgnoreRules.none;
    }
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

/** The folder and all folders above it, outermost first. */
function parentsOf(folder: string): string[] {
  const chain = [folder];
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) chain.unshift(path.dirname(at));
  return chain;
}

/** Index of the innermost folder that is the root of a repository; -1 if none is. */
async function repositoryRoot(chain: readonly string[]): Promise<number> {
  for (let i = chain.length - 1; i >= 0; i--) {
    const mark = path.join(chain[i] as string, '.git');
    // In a worktree or a submodule, ".git" is a file that points elsewhere.
    if ((await readText(path.join(mark, 'HEAD'))) !== undefined || (await readText(mark)) !== undefined) return i;
  }
  return -1;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
