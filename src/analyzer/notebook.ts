// A notebook's code cells as one virtual program, and what was found in it brought back to each cell.

import type { Edit } from '../text/edit';
import { LineIndex } from '../text/line-index';
import { type Span, spanContains } from '../text/span';
import type { AnalysisResult, Finding, Fix, Problem, Reason } from './finding';
import { type BlankedSpan, neutraliseCell } from './notebook-magics';

interface PlacedCell {
  readonly source: string;
  /** The cell's place in the program; the line end that parts it from the next cell is not included. */
  readonly span: Span;
  /** In the program's offsets. */
  readonly blanked: readonly BlankedSpan[];
  /** In the program's offsets. */
  readonly bodyStart: number;
  readonly skipped: string | undefined;
}

/** Cells joined in order; every offset of `text` belongs to one cell or to the line end between two. */
export interface NotebookProgram {
  readonly text: string;
  readonly cells: readonly PlacedCell[];
}

/**
 * Joins code cells into one program. Magics, shell lines and help requests become plain Python of equal length; a cell
 * in another language (`%%bash`), or whose brackets are never closed, is blanked so that it cannot swallow the next.
 */
export function joinCells(sources: readonly string[]): NotebookProgram {
  const cells: PlacedCell[] = [];
  let text = '';
  for (const source of sources) {
    const start = text.length;
    const { text: python, blanked, bodyStart, skipped } = neutraliseCell(source);
    const span = { start, end: start + source.length };
    cells.push({
      source,
      span,
      blanked: blanked.map((part) => ({ start: start + part.start, end: start + part.end })),
      bodyStart: start + bodyStart,
      skipped,
    });
    text += `${python}\n`;
  }
  return { text, cells };
}

/** Index of the cell that holds the offset. */
function cellAt(program: NotebookProgram, offset: number): number {
  let low = 0;
  let high = program.cells.length - 1;
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if ((program.cells[mid] as PlacedCell).span.start <= offset) low = mid;
    else high = mid - 1;
  }
  return low;
}

function toCell(cell: PlacedCell, span: Span): Span {
  const clamp = (offset: number): number => Math.max(0, Math.min(offset, cell.span.end) - cell.span.start);
  return { start: clamp(span.start), end: clamp(span.end) };
}

/** The fix in the cell's own offsets; undefined where it reaches beyond the cell or into what is not Python. */
function fixInCell(cell: PlacedCell, fix: Fix): Fix | undefined {
  const edits: Edit[] = [];
  for (const { span, text } of fix.edits) {
    const isInside = spanContains(cell.span, span) && span.start >= cell.bodyStart;
    const touchesBlanked = cell.blanked.some((part) => span.start < part.end && part.start < span.end);
    if (!isInside || touchesBlanked) return undefined;
    edits.push({ span: toCell(cell, span), text });
  }
  return { ...fix, edits };
}

/**
 * One result per cell, with spans in that cell's text. Fixes that reach into another cell are dropped. Evidence that
 * stands in another cell is told in words at the finding itself.
 */
export function splitByCell(program: NotebookProgram, result: AnalysisResult): AnalysisResult[] {
  const findings: Finding[][] = program.cells.map(() => []);
  const problems: Problem[][] = program.cells.map((cell) =>
    cell.skipped === undefined ? [] : [{ message: cell.skipped }],
  );
  for (const finding of result.findings) {
    const index = cellAt(program, finding.span.start);
    const cell = program.cells[index];
    if (cell === undefined) continue;
    const span = toCell(cell, finding.span);
    findings[index]?.push({
      ...finding,
      span,
      related: finding.related.map((reason) => reasonInCell(program, index, span, reason)),
      fixes: finding.fixes.flatMap((fix) => fixInCell(cell, fix) ?? []),
    });
  }
  for (const problem of result.problems) {
    const index = problem.span ? cellAt(program, problem.span.start) : 0;
    const cell = program.cells[index];
    if (cell === undefined) continue;
    problems[index]?.push(
      problem.span ? { message: problem.message, span: toCell(cell, problem.span) } : { message: problem.message },
    );
  }
  return program.cells.map((_, index) => ({ findings: findings[index] ?? [], problems: problems[index] ?? [] }));
}

function reasonInCell(program: NotebookProgram, home: number, findingSpan: Span, reason: Reason): Reason {
  const index = cellAt(program, reason.span.start);
  const cell = program.cells[index];
  if (cell === undefined) return reason;
  const span = toCell(cell, reason.span);
  if (index === home) return { span, message: reason.message };
  const line = new LineIndex(cell.source).position(span.start).line + 1;
  return { span: findingSpan, message: `${reason.message} (code cell ${index + 1}, line ${line})` };
}

/** The cell that a span of the program begins in, and the span in that cell's offsets. */
export function placeInCell(program: NotebookProgram, span: Span): { readonly cell: number; readonly span: Span } {
  const cell = cellAt(program, span.start);
  const placed = program.cells[cell];
  return { cell, span: placed ? toCell(placed, span) : span };
}

/** Edits of the program by cell, in that cell's offsets; undefined where one does not fit into the Python of a cell. */
export function editsByCell(program: NotebookProgram, edits: readonly Edit[]): Edit[][] | undefined {
  const cells: Edit[][] = program.cells.map(() => []);
  for (const edit of edits) {
    const index = cellAt(program, edit.span.start);
    const cell = program.cells[index];
    const [placed] = (cell && fixInCell(cell, { title: '', safety: 'unsafe', edits: [edit] })?.edits) ?? [];
    if (placed === undefined) return undefined;
    cells[index]?.push(placed);
  }
  return cells;
}

/** 0-based cell, and 1-based line in it, of a 1-based line of the program. */
export function cellLine(program: NotebookProgram, line: number): { readonly cell: number; readonly line: number } {
  const lines = new LineIndex(program.text);
  const cell = cellAt(program, lines.offset({ line: line - 1, column: 0 }));
  const first = lines.position(program.cells[cell]?.span.start ?? 0).line;
  return { cell, line: line - first };
}
