// From the paths of a command line to the files to check: folders walked, globs expanded, ignored files left out.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { describeFileError, errorCode } from './file-error';
import { IgnoreRules } from './ignore-rules';

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

export type ReadFolder = (folder: string) => Promise<readonly Dirent[]>;

export interface DiscoveryOptions {
  readonly cwd: string;
  readonly readFolder?: ReadFolder;
  /** Whether the project's own settings leave a file or folder (absolute) out. */
  readonly isExcluded?: (target: string) => Promise<boolean>;
  /** Called now and then with the number of files found so far. */
  readonly onProgress?: (found: number) => void;
}

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

/** `file` as it is shown to a person who works in `cwd`. */
export function displayPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  const isBelow = relative !== '' && !relative.startsWith(`..${path.sep}`) && relative !== '..';
  const shown = isBelow && !path.isAbsolute(relative) ? relative : file;
  return shown.split(path.sep).join('/');
}

function isChecked(name: string): boolean {
  return CHECKED_EXTENSIONS.has(path.extname(name).toLowerCase());
}

class Walk {
  readonly files = new Map<string, FoundFile>();
  readonly failed: Failure[] = [];
  skipped = 0;
  private readonly readFolder: ReadFolder;

  constructor(private readonly options: DiscoveryOptions) {
    this.readFolder = options.readFolder ?? ((folder) => readdir(folder, { withFileTypes: true }));
  }

  fail(file: string, message: string): void {
    this.failed.push({ path: displayPath(file, this.options.cwd), message });
  }

  /** Takes the file unless it was taken under another name. */
  async take(file: string): Promise<void> {
    const real = await realpath(file).catch(() => file);
    if (!this.files.has(real)) this.files.set(real, { file, path: displayPath(file, this.options.cwd) });
    this.options.onProgress?.(this.files.size);
  }

  private async isExcluded(target: string): Promise<boolean> {
    return (await this.options.isExcluded?.(target)) ?? false;
  }

  private async passesOver(name: string, folder: string, rules: IgnoreRules): Promise<boolean> {
    return EXCLUDED_FOLDERS.has(name) || rules.ignores(folder, true) || (await this.isExcluded(folder));
  }

  /** Walks a folder that was asked for by name: nothing around it can exclude it. */
  async folder(root: string): Promise<void> {
    const pending: { folder: string; rules: IgnoreRules }[] = [
      { folder: root, rules: await IgnoreRules.around(root, this.options.cwd) },
    ];
    for (let next = pending.pop(); next; next = pending.pop()) {
      let entries: readonly Dirent[];
      try {
        entries = await this.readFolder(next.folder);
      } catch (error) {
        this.fail(next.folder, `could not be read: ${describeFileError(error)}`);
        continue;
      }
      if (next.folder !== root && entries.some(({ name }) => name === VIRTUAL_ENVIRONMENT_MARK)) continue;
      const rules = await next.rules.inside(next.folder);
      for (const entry of entries) {
        const target = path.join(next.folder, entry.name);
        if (entry.isDirectory()) {
          if (!EXCLUDED_FOLDERS.has(entry.name) && !rules.ignores(target, true))
            pending.push({ folder: target, rules });
        } else if (isChecked(entry.name) && (entry.isFile() || (await isLinkToFile(entry, target)))) {
          if (rules.ignores(target, false) || (await this.isExcluded(target))) this.skipped++;
          else await this.take(target);
        }
      }
    }
  }

  /** A file that a glob met: the rules of a walk hold for it, for nobody named it. */
  async matched(file: string): Promise<void> {
    if (!isChecked(file)) return;
    const { cwd } = this.options;
    const below = path.relative(cwd, path.dirname(file)).split(path.sep);
    let rules = await IgnoreRules.around(cwd, cwd);
    let folder = cwd;
    rules = await rules.inside(folder);
    for (const part of below[0] === '' || below[0] === '..' ? [] : below) {
      folder = path.join(folder, part);
      if (await this.passesOver(part, folder, rules)) {
        this.skipped++;
        return;
      }
      rules = await rules.inside(folder);
    }
    if (rules.ignores(file, false) || (await this.isExcluded(file))) this.skipped++;
    else await this.take(file);
  }

  async glob(pattern: string): Promise<void> {
    const found = await glob(pattern, {
      cwd: this.options.cwd,
      absolute: true,
      dot: true,
      onlyFiles: false,
      expandDirectories: false,
      followSymbolicLinks: false,
      ignore: [...EXCLUDED_FOLDERS].map((name) => `**/${name}/**`),
    });
    if (found.length === 0) this.failed.push({ path: pattern, message: 'matches no file or folder' });
    // "**" meets every folder on the way; only files count then, for a walk of each would visit all twice.
    for (const match of found) {
      if (!match.endsWith('/')) await this.matched(path.normalize(match));
      else if (!pattern.includes('**')) await this.folder(path.resolve(match));
    }
  }
}

async function isLinkToFile(entry: Dirent, target: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  return stat(target).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * Finds the files that `paths` name. A file that is named outright is taken whatever it is called and whatever ignores
 * it; folders and globs give `.py` and `.ipynb` files that neither git nor the built-in list excludes.
 */
export async function discover(paths: readonly string[], options: DiscoveryOptions): Promise<Discovery> {
  const walk = new Walk(options);
  for (const given of paths) {
    const target = path.resolve(options.cwd, given);
    try {
      const found = await stat(target);
      if (found.isDirectory()) await walk.folder(target);
      else if (found.isFile()) await walk.take(target);
      else walk.fail(target, 'is neither a file nor a folder; to check what a program writes, pipe it into "-"');
    } catch (error) {
      if (errorCode(error) === 'ENOENT' && isDynamicPattern(given)) await walk.glob(given);
      else walk.fail(target, describeFileError(error));
    }
  }
  const files = [...walk.files.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files, skipped: walk.skipped, failed: walk.failed };
}
