// Maps a path that another machine wrote to files of this workspace, by the longest common tail of path segments.

/** Segments of a path of any system, without drive, `.` and empty ones. Undefined where it names no file. */
export function pathSegments(path: string): readonly string[] | undefined {
  if (path === '' || /^<.*>$/.test(path) || path.includes('\0')) return undefined;
  const segments: string[] = [];
  for (const segment of path.replace(/^[A-Za-z]:/, '').split(/[\\/]+/)) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) continue;
  }
  return segments.length === 0 ? undefined : segments;
}

/** Absolute on Unix or on Windows. */
export function isAbsolutePath(path: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path);
}

/**
 * The same path within a file system of this machine. A share of another computer (`\\host\share`) becomes a folder here:
 * merely asking whether it exists would greet that computer with the person's name.
 */
export function localPath(path: string): string {
  return `/${path.replaceAll('\\', '/').replace(/^\/+/, '')}`;
}

export function commonSuffixLength(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  return length;
}

/** The candidates that share the longest tail with `path`; none where not even the file's name is the same. */
export function bestSuffixMatches(path: string, candidates: readonly string[]): readonly string[] {
  const wanted = pathSegments(path);
  if (!wanted) return [];
  let best: string[] = [];
  let bestLength = 0;
  for (const candidate of candidates) {
    const length = commonSuffixLength(wanted, pathSegments(candidate) ?? []);
    if (length === 0 || length < bestLength) continue;
    if (length > bestLength) best = [];
    bestLength = length;
    best.push(candidate);
  }
  return best;
}

/** A folder of the run's machine and the folder that stands for it here. */
export interface FolderMapping {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What a person's choice of one file says about its folder. */
export function mappingOf(path: string, chosen: string): FolderMapping | undefined {
  const from = pathSegments(path);
  const to = pathSegments(chosen);
  if (!from || !to) return undefined;
  const shared = commonSuffixLength(from, to);
  if (shared === 0) return undefined;
  return { from: from.slice(0, from.length - shared), to: to.slice(0, to.length - shared) };
}

/** The same path under the mapped folder; undefined where it does not lie in it. */
export function applyMapping(mapping: FolderMapping, path: string): string | undefined {
  const segments = pathSegments(path);
  if (!segments || segments.length <= mapping.from.length) return undefined;
  if (!mapping.from.every((segment, i) => segments[i] === segment)) return undefined;
  return `/${[...mapping.to, ...segments.slice(mapping.from.length)].join('/')}`;
}

/** A glob that finds files of exactly this name, whatever characters it holds. */
export function globForName(name: string): string {
  return `**/${name.replace(/[[\]{}*?!,\\]/g, '?')}`;
}

export type LineAgreement =
  | { readonly kind: 'same' | 'unknown' | 'differs'; readonly line: number }
  | { readonly kind: 'moved'; readonly line: number };

/** Where the dump's line stands in the file now. Lines are 1-based; indentation does not count. */
export function locateLine(lines: readonly string[], line: number, text: string | null): LineAgreement {
  const inFile = Math.min(Math.max(1, line), Math.max(1, lines.length));
  const wanted = text?.trim();
  if (!wanted) return { kind: 'unknown', line: inFile };
  if (lines[line - 1]?.trim() === wanted) return { kind: 'same', line };
  let nearest: number | undefined;
  for (let i = 0; i < lines.length; i++) {
    if (lines[i]?.trim() !== wanted) continue;
    if (nearest === undefined || Math.abs(i + 1 - line) < Math.abs(nearest - line)) nearest = i + 1;
  }
  return nearest === undefined ? { kind: 'differs', line: inFile } : { kind: 'moved', line: nearest };
}
