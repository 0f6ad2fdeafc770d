// What the operating system says of a file, in words.

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'is a folder',
  ELOOP: 'its symbolic links go in a circle',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EIO: 'the device reported an error',
  EBUSY: 'it is in use',
};

export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The reason alone, without the path. */
export function describeFileError(error: unknown): string {
  const code = errorCode(error);
  const words = code === undefined ? undefined : WORDS[code];
  return words ?? (error instanceof Error ? error.message : String(error));
}
