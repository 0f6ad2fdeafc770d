// Which paths git ignores: the .gitignore files of a folder, of the folders around it, and .git/info/exclude.

import ignore, { type Ignore } from 'ignore';
import { type FileTree, foldersDownTo, parentOf, pathBelow, pathIn } from './file-tree';

export const GITIGNORE = '.gitignore';

interface RuleFile {
  /** Folder that the patterns are relative to. */
  readonly base: string;
  readonly rules: Ignore;
}

/** The ignore rules that hold inside one folder; the deepest file that says anything about a path decides. */
export class IgnoreRules {
  private constructor(
    private readonly tree: FileTree,
    private readonly files: readonly RuleFile[],
  ) {}

  /**
   * The rules around `folder`, up to the root of its repository; where it is in none, up to the working folder `top`.
   * None where they ignore the folder itself: whoever names it wants it read.
   */
  static async around(tree: FileTree, folder: string, top: string): Promise<IgnoreRules> {
    const chain = foldersDownTo(folder);
    const none = new IgnoreRules(tree, []);
    let first = await repositoryRoot(tree, chain);
    let rules = none;
    if (first >= 0) {
      const root = chain[first] as string;
      rules = rules.with(root, await tree.readText(pathIn(root, '.git/info/exclude')));
    } else first = chain.indexOf(top);
    if (first < 0) return rules;
    for (const [i, above] of chain.slice(first, -1).entries()) {
      rules = await rules.inside(above);
      if (rules.ignores(chain[first + i + 1] as string, true)) return none;
    }
    return rules;
  }

  /** These rules and those of the folder's own .gitignore. */
  async inside(folder: string): Promise<IgnoreRules> {
    return this.with(folder, await this.tree.readText(pathIn(folder, GITIGNORE)));
  }

  private with(base: string, patterns: string | undefined): IgnoreRules {
    if (!patterns?.trim()) return this;
    const rules = ignore({ ignorecase: this.tree.ignoresCase, allowRelativePaths: true }).add(patterns);
    return new IgnoreRules(this.tree, [...this.files, { base, rules }]);
  }

  /** @param target path below the folder, none of whose parents is ignored */
  ignores(target: string, isFolder: boolean): boolean {
    for (let i = this.files.length - 1; i >= 0; i--) {
      const file = this.files[i] as RuleFile;
      const relative = pathBelow(file.base, target);
      if (!relative) continue;
      const parent = parentOf(relative);
      // A file whose parent it ignores has been overruled by a deeper one, and has no say below.
      if (parent !== '' && file.rules.ignores(`${parent}/`)) continue;
      const verdict = file.rules.test(isFolder ? `${relative}/` : relative);
      if (verdict.ignored) return true;
      if (verdict.unignored) return false;
    }
    return false;
  }
}

/** Index of the innermost folder that is the root of a repository; -1 if none is. */
async function repositoryRoot(tree: FileTree, chain: readonly string[]): Promise<number> {
  for (let i = chain.length - 1; i >= 0; i--) {
    const mark = pathIn(chain[i] as string, '.git');
    // In a worktree or a submodule, ".git" is a file that points elsewhere.
    if ((await tree.readText(pathIn(mark, 'HEAD'))) !== undefined || (await tree.readText(mark)) !== undefined) {
      return i;
    }
  }
  return -1;
}
