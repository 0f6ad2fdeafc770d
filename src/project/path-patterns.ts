// Patterns for paths, as .gitignore has them, relative to the folder of the file that names them.

import ignore, { type Ignore } from 'ignore';

export class PathPatterns {
  private readonly compiled: Ignore;

  constructor(private readonly patterns: readonly string[]) {
    this.compiled = ignore().add(patterns);
  }

  /** What tells these patterns from others. */
  toJSON(): readonly string[] {
    return this.patterns;
  }

  /**
   * Whether the patterns name the file, or a folder that it lies in.
   *
   * @param path relative, with slashes; one that leads out of the folder is never named
   */
  matches(path: string): boolean {
    return ignore.isPathValid(path) && this.compiled.ignores(path);
  }
}
