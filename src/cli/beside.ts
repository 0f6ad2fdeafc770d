// The configuration files that a program names, read from beside it: from its folder, or from where the command runs.

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { LONGEST_CONFIGURATION, mentionedFiles } from '../analyzer/mentioned-files';
import type { SourceProgram } from './engine';

/**
 * Texts by the names that the program gives them; what is not there, or can't be read, is left out.
 *
 * @param file absolute; undefined for standard input
 */
export async function filesBeside(
  program: SourceProgram,
  file: string | undefined,
  cwd: string,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of mentionedFiles(program.texts)) {
    for (const folder of new Set(file === undefined ? [cwd] : [path.dirname(file), cwd])) {
      const text = await textOf(path.join(folder, name));
      if (text === undefined) continue;
      found[name] = text;
      break;
    }
  }
  return found;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    return size > LONGEST_CONFIGURATION ? undefined : await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
