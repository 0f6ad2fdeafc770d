// The folders that an MCP server may touch, and the way from a path that an agent gave to a file inside them.

import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ToolError } from '../../agent/tool';
import { UsageError } from '../arguments';
import { displayPath } from '../discovery';
import { describeFileError } from '../file-error';
import { visible } from '../terminal';

function isWithin(folder: string, target: string): boolean {
  const relative = path.relative(folder, target);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

export interface FoundTarget {
  /** Absolute, without symbolic links. */
  readonly file: string;
  /** As it is shown. */
  readonly shown: string;
  readonly isFolder: boolean;
}

export class Roots {
  private constructor(
    /** Absolute, as they were given. */
    private readonly given: readonly string[],
    /** The same without symbolic links; the first is where relative paths start. */
    readonly folders: readonly [string, ...string[]],
  ) {}

  /** @throws UsageError where one is no folder */
  static async of(folders: readonly string[], cwd: string): Promise<Roots> {
    const given = (folders.length > 0 ? folders : ['.']).map((folder) => path.resolve(cwd, folder));
    const [first, ...rest] = await Promise.all(
      given.map(async (folder) => {
        try {
          const real = await realpath(folder);
          if ((await stat(real)).isDirectory()) return real;
        } catch (error) {
          throw new UsageError(`${visible(folder)}: ${describeFileError(error)}`);
        }
        throw new UsageError(`${visible(folder)} is not a folder`);
      }),
    );
    if (first === undefined) throw new UsageError('no folder was given');
    return new Roots(given, [first, ...rest]);
  }

  get first(): string {
    return this.folders[0];
  }

  shown(file: string): string {
    return file === this.first ? '.' : displayPath(file, this.first);
  }

  contains(file: string): boolean {
    return this.folders.some((folder) => isWithin(folder, file));
  }

  private outside(given: string): ToolError {
    return new ToolError(
      `"${visible(given)}" is outside of what this server may touch: ${this.folders.map(visible).join(', ')}.`,
    );
  }

  /**
   * Where a path leads that an agent gave. What lies outside is not even looked for.
   *
   * @throws ToolError in words
   */
  async find(given: string): Promise<FoundTarget> {
    if (given.includes('\0')) throw new ToolError('A path cannot hold a null character.');
    const target = path.resolve(this.first, given);
    if (!this.contains(target) && !this.given.some((folder) => isWithin(folder, target))) throw this.outside(given);
    try {
      const file = await realpath(target);
      if (!this.contains(file)) throw this.outside(given);
      const found = await stat(file);
      // A pipe or a device could be waited for without end.
      if (!found.isFile() && !found.isDirectory()) {
        throw new ToolError(`"${visible(given)}" is neither a file nor a folder.`);
      }
      return { file, shown: this.shown(file), isFolder: found.isDirectory() };
    } catch (error) {
      if (error instanceof ToolError) throw error;
      throw new ToolError(`"${visible(given)}": ${describeFileError(error)}.`);
    }
  }
}
