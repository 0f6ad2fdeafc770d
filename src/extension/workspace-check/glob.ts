// The glob patterns of VS Code's settings (`files.exclude`), which differ from those of .gitignore: one for each path.

/** The pattern as a test of whole paths, relative and with slashes; undefined where it is none. */
export function globTest(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^${translated(pattern.replace(/\/$/, ''))}$`, 'u');
  } catch {
    return undefined;
  }
}

/** Pieces that mean something: `**` with its slashes, wild cards, one of several characters, alternatives. */
const PIECE = /^\/\*\*$|\*\*\/|\/\*\*$|\*\*|\*|\?|\[[!^]?[^\]]+\]|\{[^{}]*\}/g;

function translated(pattern: string): string {
  let out = '';
  let end = 0;
  for (const match of pattern.matchAll(PIECE)) {
    out += escaped(pattern.slice(end, match.index)) + meaning(match[0]);
    end = match.index + match[0].length;
  }
  return out + escaped(pattern.slice(end));
}

function meaning(piece: string): string {
  if (piece === '**/') return '(?:.*/)?';
  if (piece === '/**') return '(?:/.*)?';
  if (piece === '**') return '.*';
  if (piece === '*') return '[^/]*';
  if (piece === '?') return '[^/]';
  if (piece.startsWith('[')) return `[${piece.slice(1, -1).replace(/^!/, '^').replace(/[\\[]/g, '\\$&')}]`;
  return `(?:${piece.slice(1, -1).split(',').map(translated).join('|')})`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/**
 * Whether the value of `files.exclude` hides a path below the folder. What is switched off hides nothing; conditions on
 * other files (`when`) are about generated JavaScript and hide nothing either.
 */
export function hiddenBy(setting: unknown): (path: string) => boolean {
  if (typeof setting !== 'object' || setting === null) return () => false;
  const tests = Object.entries(setting).flatMap(([pattern, isOn]) => (isOn === true ? (globTest(pattern) ?? []) : []));
  return (path) => tests.some((test) => test.test(path));
}
