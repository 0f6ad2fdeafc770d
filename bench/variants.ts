// Versions of a file that no cache has seen: renamed from top to bottom, or edited in one function.

import type { Module, Stmt } from '../src/syntax/ast';

/**
 * The same program with every top-level function and class renamed wherever it is named, to the same length for each
 * round below 10,000: every segment that holds code is another text, and all else is as it was.
 */
export function renamedVariant(text: string, round: number): string {
  const names = new Set([...text.matchAll(/^(?:async )?(?:def|class) (\w+)/gm)].map(([, name = '']) => name));
  if (names.size === 0) return `${text}\nround_${round} = None\n`;
  const suffix = `_${String(round).padStart(4, '0')}`;
  return text.replace(new RegExp(`\\b(?:${[...names].join('|')})\\b`, 'g'), (name) => name + suffix);
}

/** A place in a function where a statement may be inserted. */
export interface EditPlace {
  /** Absolute offset of a statement's first character. */
  readonly offset: number;
  /** What stands before it on its line. */
  readonly indent: string;
}

/** Places in function bodies, in the order of the file. */
export function editPlaces(module: Module): EditPlace[] {
  const places: EditPlace[] = [];
  for (const { offset, segment } of module.segments) {
    const visit = (body: readonly Stmt[], inFunction: boolean): void => {
      for (const stmt of body) {
        if (inFunction && (stmt.kind === 'Assign' || stmt.kind === 'Return' || stmt.kind === 'For')) {
          const lineStart = segment.text.lastIndexOf('\n', stmt.start - 1) + 1;
          const indent = segment.text.slice(lineStart, stmt.start);
          if (indent.trim() === '') places.push({ offset: offset + stmt.start, indent });
        }
        if (stmt.kind === 'FunctionDef') visit(stmt.body.body, true);
        else if (stmt.kind === 'ClassDef' || stmt.kind === 'For' || stmt.kind === 'With')
          visit(stmt.body.body, inFunction);
      }
    };
    visit(segment.body, false);
  }
  return places;
}

/** `count` of them, evenly spread over the file. */
export function spread<T>(items: readonly T[], count: number): T[] {
  const step = items.length / count;
  return Array.from(
    { length: Math.min(count, items.length) },
    (_, i) => items[Math.floor(i * Math.max(1, step))],
  ).filter((item) => item !== undefined);
}

/** One statement more in one function. */
export function editedVariant(text: string, place: EditPlace, round: number): string {
  return `${text.slice(0, place.offset)}typed_${round} = ${round}\n${place.indent}${text.slice(place.offset)}`;
}
