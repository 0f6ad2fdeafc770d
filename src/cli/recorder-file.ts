// The recorder's file in a folder: there whole or not at all, and never in the place of a different one unless that is wanted.

import { link, open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { RECORDER_FILE } from '../analyzer/recorder/marks';
import { replaceFile } from './atomic-write';
import { describeFileError, errorCode } from './file-error';

export type FileOutcome =
  | { readonly kind: 'written' | 'replaced' | 'up-to-date'; readonly file: string }
  /** Another file of that name is there. */
  | { readonly kind: 'different'; readonly file: string }
  | { readonly kind: 'failed'; readonly file: string; readonly message: string };

/** @param isForced whether a different file of that name is replaced */
export async function putRecorder(folder: string, source: Uint8Array, isForced: boolean): Promise<FileOutcome> {
  const file = path.join(folder, RECORDER_FILE);
  try {
    const present = await readFile(file).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (present === undefined) {
      await createWhole(file, source);
      return { kind: 'written', file };
    }
    if (present.equals(source)) return { kind: 'up-to-date', file };
    if (!isForced) return { kind: 'different', file };
    const message = await replaceFile(file, source, present);
    return message === undefined ? { kind: 'replaced', file } : { kind: 'failed', file, message };
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return { kind: 'different', file };
    return { kind: 'failed', file, message: `could not be written: ${describeFileError(error)}` };
  }
}

/** @throws EEXIST where a file has come there in the meantime */
async function createWhole(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.nanlens`);
  const handle = await open(temporary, 'wx');
  try {
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Unlike a rename, a link takes no other file's place.
    await link(temporary, file);
    await unlink(temporary);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '')) {
      await unlink(temporary);
      throw error;
    }
    await rename(temporary, file);
  }
}
