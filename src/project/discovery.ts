// Which files of a folder are to be checked: Python and notebooks that are the project's own and that nothing excludes.

import { extensionOf, type FileTree, nameOf, parentOf, pathBelow, pathIn, type TreeEntry } from './file-tree';
import { GITIGNORE, IgnoreRules } from './ignore-rules';

/** Folders that hold other people's code or generated files, wherever they are met. */
export const EXCLUDED_FOLDERS: ReadonlySet<string> = new Set([
  '.bzr',
  '.direnv',
  '.eggs',
  '.git',
  '.hg',
  '.ipynb_checkpoints',
  '.mypy_cache',
  '.nox',
  '.pyenv',
  '.pytest_cache',
  '.ruff_cache',
  '.svn',
  '.tox',
  '.venv',
  '.vscode',
  '__pycache__',
  '__pypackages__',
  'build',
  'dist',
  'node_modules',
  'site-packages',
  'venv',
]);

/** What marks a virtual environment under any other name. */
const VIRTUAL_ENVIRONMENT_MARK = 'pyvenv.cfg';

const CHECKED_EXTENSIONS = new Set(['.py', '.ipynb']);

/** Whether a file of that name is Python or a notebook. */
export function isCheckedName(path: string): boolean {
  return CHECKED_EXTENSIONS.has(extensionOf(path));
}

export interface DiscoveryOptions {
  /** The folder up to which .gitignore files count where there is no repository: the working folder, the workspace's. */
  readonly top: string;
  /** Whether settings leave a file or a folder out. */
  readonly isExcluded?: (path: string, isFolder: boolean) => Promise<boolean> | boolean;
  /** Called now and then with the number of files found so far. */
  readonly onProgress?: (found: number) => void;
  /** Walks end early once this is true. */
  readonly isCancelled?: () => boolean;
}

/** Collects the files of walks, each once. */
export class Discovery {
  /** Python files and notebooks that were passed over because a rule excludes them. */
  excluded = 0;
  /** Folders that could not be read. */
  readonly unreadable: { readonly path: string; readonly error: unknown }[] = [];
  private readonly found = new Map<string, string>();

  constructor(
    private readonly tree: FileTree,
    private readonly options: DiscoveryOptions,
  ) {}

  /** Paths in the order in which they were found. */
  get files(): readonly string[] {
    return [...this.found.values()];
  }

  /** Takes a file, whatever rules say of it, unless it was taken under another name. */
  async take(file: string): Promise<void> {
    const identity = (await this.tree.realPath?.(file)) ?? file;
    if (!this.found.has(identity)) this.found.set(identity, file);
    this.options.onProgress?.(this.found.size);
  }

  /** Walks a folder that was asked for by name: nothing around it can exclude it. */
  async walk(root: string): Promise<void> {
    const pending = [{ folder: root, rules: await IgnoreRules.around(this.tree, root, this.options.top) }];
    for (let next = pending.pop(); next && !this.options.isCancelled?.(); next = pending.pop()) {
      const { folder } = next;
      let entries: readonly TreeEntry[];
      try {
        entries = await this.tree.list(folder);
      } catch (error) {
        this.unreadable.push({ path: folder, error });
        continue;
      }
      const names = new Set(entries.map(({ name }) => name));
      if (folder !== root && names.has(VIRTUAL_ENVIRONMENT_MARK)) continue;
      const rules = names.has(GITIGNORE) ? await next.rules.inside(folder) : next.rules;
      // By name, so that every tree gives the same name to a file that has several.
      for (const { name, kind } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = pathIn(folder, name);
        if (kind === 'folder') {
          if (!(await this.passesOver(path, rules))) pending.push({ folder: path, rules });
        } else if (
          isCheckedName(name) &&
          (kind === 'file' || (kind === 'link' && (await this.tree.leadsToFile(path))))
        ) {
          await this.takeUnlessExcluded(path, rules);
        }
      }
    }
  }

  /** Takes a file that is known from elsewhere, if a walk of `root` would have found it. */
  async takeIfWalked(file: string, root: string): Promise<void> {
    if (!isCheckedName(file)) return;
    const below = pathBelow(root, file);
    const start = below === undefined ? parentOf(file) : root;
    let rules = await (await IgnoreRules.around(this.tree, start, this.options.top)).inside(start);
    let folder = start;
    for (const part of below?.split('/').slice(0, -1) ?? []) {
      folder = pathIn(folder, part);
      if ((await this.passesOver(folder, rules)) || (await this.isEnvironment(folder))) {
        this.excluded++;
        return;
      }
      rules = await rules.inside(folder);
    }
    await this.takeUnlessExcluded(file, rules);
  }

  private async takeUnlessExcluded(file: string, rules: IgnoreRules): Promise<void> {
    if (rules.ignores(file, false) || (await this.isExcluded(file, false))) this.excluded++;
    else await this.take(file);
  }

  private async passesOver(folder: string, rules: IgnoreRules): Promise<boolean> {
    return EXCLUDED_FOLDERS.has(nameOf(folder)) || rules.ignores(folder, true) || (await this.isExcluded(folder, true));
  }

  private async isEnvironment(folder: string): Promise<boolean> {
    return (await this.tree.readText(pathIn(folder, VIRTUAL_ENVIRONMENT_MARK))) !== undefined;
  }

  private async isExcluded(path: string, isFolder: boolean): Promise<boolean> {
    return (await this.options.isExcluded?.(path, isFolder)) ?? false;
  }
}
