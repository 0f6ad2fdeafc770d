// Where `import nanlens` goes: below the imports of the script, so that whatever it sets before it imports torch is set.

import type { Module, Stmt } from '../../syntax/ast';
import { LineIndex } from '../../text/line-index';

/** A line start that lies in no statement; undefined where there is none before `limit`. */
export function importPlace(module: Module, limit: number): number | undefined {
  const lines = new LineIndex(module.text);
  let after: number | undefined;
  let isFirst = true;
  let first: number | undefined;
  scan: for (const { offset, segment } of module.segments) {
    for (const statement of segment.body) {
      const start = offset + statement.start;
      if (start >= limit || endsHeader(statement)) {
        first ??= start;
        break scan;
      }
      const isDocstring = isFirst && statement.kind === 'ExprStmt' && statement.value.kind === 'String';
      if (isDocstring || statement.kind === 'Import' || statement.kind === 'ImportFrom') after = offset + statement.end;
      else first ??= start;
      isFirst = false;
    }
  }
  if (after !== undefined) {
    const place = lineAfter(module, lines, after);
    return place !== undefined && place <= limit ? place : undefined;
  }
  const line = lines.position(first ?? 0).line;
  const start = lines.lineStarts[line] ?? 0;
  const place = start === 0 && module.text.charCodeAt(0) === 0xfeff ? 1 : start;
  return isFree(module, lines, place) ? place : undefined;
}

/** From here on the script does things. */
function endsHeader({ kind }: Stmt): boolean {
  return kind === 'FunctionDef' || kind === 'ClassDef' || kind === 'For' || kind === 'While' || kind === 'BrokenStmt';
}

/** The start of the first line below `offset` that is inside no statement. */
function lineAfter(module: Module, lines: LineIndex, offset: number): number | undefined {
  for (let line = lines.position(offset).line + 1; line < lines.lineCount; line++) {
    const start = lines.lineStarts[line] ?? 0;
    if (isFree(module, lines, start)) return start;
  }
  return undefined;
}

function isFree(module: Module, lines: LineIndex, at: number): boolean {
  const { line } = lines.position(at);
  if (line > 0 && lines.lineText(line - 1).endsWith('\\')) return false;
  return module.segments.every(({ offset, segment }) =>
    segment.body.every((statement) => offset + statement.start >= at || offset + statement.end <= at),
  );
}
