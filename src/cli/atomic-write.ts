// Replaces a file's content in one step: readers see the old bytes or the new ones, never a half.

import { unlinkSync } from 'node:fs';
import { link, lstat, open, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeFileError } from './file-error';

const EXIT_CODE_OF_INTERRUPTION = 130;

/**
 * Writes `bytes` to the file at `target`, through a symbolic link to what it points to, with the same permissions.
 * Refuses where the file is read-only or no longer holds `expected`.
 *
 * @returns what went wrong, in words; undefined if all is well
 */
export async function replaceFile(
  target: string,
  bytes: Uint8Array,
  expected: Uint8Array,
): Promise<string | undefined> {
  let temporary: string | undefined;
  const onInterruption = (): never => {
    if (temporary !== undefined) unlinkSync(temporary);
    process.exit(EXIT_CODE_OF_INTERRUPTION);
  };
  process.once('SIGINT', onInterruption);
  process.once('SIGTERM', onInterruption);
  try {
    const file = await realpath(target);
    const { mode, uid, gid } = await stat(file);
    // The superuser and the owner of the folder could replace it all the same; nobody asked for that.
    if ((mode & 0o222) === 0) return 'is read-only, so it was left as it is';
    if (!(await readFile(file)).equals(expected)) return 'changed while it was being fixed, so it was left as it is';
    const name = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.nanlens`);
    const handle = await open(name, 'wx', mode & 0o777);
    temporary = name;
    try {
      await handle.writeFile(bytes);
      await handle.chmod(mode & 0o7777);
      const made = await handle.stat();
      if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(name, file);
    temporary = undefined;
    return undefined;
  } catch (error) {
    return `could not be written: ${describeFileError(error)}`;
  } finally {
    process.off('SIGINT', onInterruption);
    process.off('SIGTERM', onInterruption);
    if (temporary !== undefined && (await lstat(temporary).catch(() => undefined))) await unlink(temporary);
  }
}

/**
 * Writes a file that is not there yet, as a whole or not at all.
 *
 * @returns what went wrong, in words; undefined if all is well
 */
export async function createFile(target: string, bytes: Uint8Array): Promise<string | undefined> {
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.nanlens`);
  try {
    await writeFile(temporary, bytes, { flag: 'wx' });
    // A link is refused where a file has appeared meanwhile; a move would take its place.
    await link(temporary, target);
    return undefined;
  } catch (error) {
    return `could not be written: ${describeFileError(error)}`;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}
