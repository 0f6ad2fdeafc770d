// Changes as a unified diff that `patch -p0` and `git apply -p0` take.

import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

/** The diff from `before` to `after`, with a final line end; '' where nothing changed. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  return createTwoFilesPatch(path, path, before, after, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
