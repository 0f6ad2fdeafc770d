// A tree of folders and files that can be read, wherever it is: on a disk, behind an editor, in a browser. And its paths.

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** Paths are absolute, with slashes between their parts: `/home/me`, `C:/Users/me`. */
export interface FileTree {
  /** Whether names that differ in case alone are one file, so that git is set up there to match. */
  readonly ignoresCase: boolean;
  /** What stands in the folder. @throws where it cannot be read */
  list(folder: string): Promise<readonly TreeEntry[]>;
  /** Undefined where there is no such file, or it cannot be read. */
  readText(file: string): Promise<string | undefined>;
  /** Whether a link leads to a file. */
  leadsToFile(link: string): Promise<boolean>;
  /** The one path of a file that links give several; where the tree cannot tell, it is left out. */
  realPath?(file: string): Promise<string>;
}

/** The path of what is called `name` in the folder; `name` may itself have parts. */
export function pathIn(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder that holds the path; a root is its own. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf('/');
  const parent = path.slice(0, Math.max(0, end));
  const isRoot = parent === '' || /^[A-Za-z]:$/.test(parent);
  return isRoot ? path.slice(0, end + 1) : parent;
}

/** The folder and all folders above it, outermost first. */
export function foldersDownTo(folder: string): string[] {
  const chain = [folder];
  for (let at = folder; at !== parentOf(at); at = parentOf(at)) chain.unshift(parentOf(at));
  return chain;
}

/** The path as seen from the folder, empty for the folder itself; undefined where it is not below. */
export function pathBelow(folder: string, path: string): string | undefined {
  if (path === folder) return '';
  const start = pathIn(folder, '');
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

/** The ending with its dot, in lower case; empty where there is none. */
export function extensionOf(path: string): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot).toLowerCase() : '';
}
