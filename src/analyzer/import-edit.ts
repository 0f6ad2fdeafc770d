// The edit that adds an import where a file's imports stand, or none if the file has it.

import type { Module, Stmt } from '../syntax/ast';
import type { Edit } from '../text/edit';

/** @param statement one import as it would be written: "import os". */
export function importEdit(module: Module, statement: string): Edit | undefined {
  let after: number | undefined;
  let prologue = module.text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let isFirst = true;
  for (const { offset, segment } of module.segments) {
    for (const stmt of segment.body) {
      if (isImport(stmt)) {
        if (segment.text.slice(stmt.start, stmt.end).trim() === statement) return undefined;
        // The block of imports ends where other code begins; an import further down is somebody's exception.
        if (after === undefined || onlyImportsBetween(module, after, offset + stmt.start)) after = offset + stmt.end;
      } else if (isFirst && stmt.kind === 'ExprStmt' && stmt.value.kind === 'String') {
        prologue = endOfLine(module.text, offset + stmt.end);
      }
      isFirst = false;
    }
  }
  const newline = /\r\n|\n|\r/.exec(module.text)?.[0] ?? '\n';
  const at = after === undefined ? Math.max(prologue, endOfHeaderComments(module.text)) : endOfLine(module.text, after);
  const lead =
    at > 0 && !/[\r\n]/.test(module.text[at - 1] ?? '') && at !== (module.text.charCodeAt(0) === 0xfeff ? 1 : 0)
      ? newline
      : '';
  return { span: { start: at, end: at }, text: `${lead}${statement}${newline}` };
}

function isImport(stmt: Stmt): boolean {
  return stmt.kind === 'Import' || stmt.kind === 'ImportFrom';
}

function onlyImportsBetween(module: Module, from: number, to: number): boolean {
  return module.segments.every(({ offset, segment }) =>
    segment.body.every((stmt) => isImport(stmt) || offset + stmt.start < from || offset + stmt.start >= to),
  );
}

/** Offset of the start of the next line. */
function endOfLine(text: string, offset: number): number {
  const end = /\r\n|\n|\r/g;
  end.lastIndex = offset;
  const match = end.exec(text);
  return match ? match.index + match[0].length : text.length;
}

/** `#!`, a coding line and a licence stay on top. */
function endOfHeaderComments(text: string): number {
  const header = /^\uFEFF?(?:#[^\r\n]*(?:\r\n|\n|\r|$))*/.exec(text);
  return header?.[0].length ?? 0;
}
