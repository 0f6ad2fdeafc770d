// Where the helper functions go: below the imports at the top of the file, above all that could call them.

import type { Module, Stmt } from '../../syntax/ast';
import { LineIndex } from '../../text/line-index';
import { CHECK_FUNCTION } from './helper-source';

export interface HelperPlace {
  /** A line start. */
  readonly offset: number;
  /** Whether the helper stands in the file already. */
  readonly isThere: boolean;
}

/** Undefined where the first line holds all there is. */
export function helperPlace(module: Module): HelperPlace | undefined {
  const lines = new LineIndex(module.text);
  let after: number | undefined;
  let first: number | undefined;
  let isAtTop = true;
  for (const { offset, segment } of module.segments) {
    for (const statement of segment.body) {
      if (statement.kind === 'FunctionDef' && statement.name === CHECK_FUNCTION) return { offset: 0, isThere: true };
      if (!isAtTop) continue;
      if (isPreamble(statement, after === undefined)) after = offset + statement.end;
      else {
        isAtTop = false;
        first = offset + statement.start;
      }
    }
  }
  if (after === undefined) {
    const line = lines.position(first ?? 0).line;
    const start = lines.lineStarts[line] ?? 0;
    return { offset: start === 0 && module.text.charCodeAt(0) === 0xfeff ? 1 : start, isThere: false };
  }
  const next = lines.lineStarts[lines.position(after).line + 1];
  return next === undefined ? undefined : { offset: next, isThere: false };
}

/** Docstring and imports: `from __future__` must stay above all else, the others may. */
function isPreamble(statement: Stmt, isFirst: boolean): boolean {
  if (statement.kind === 'Import' || statement.kind === 'ImportFrom') return true;
  return isFirst && statement.kind === 'ExprStmt' && statement.value.kind === 'String';
}
