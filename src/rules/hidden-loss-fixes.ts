// Fixes for batches that are skipped in silence: a line that tells of each.

import type { SemanticModel } from '../semantic/model';
import type { Expr, IfStmt, Segment } from '../syntax/ast';
import { indentationAt, indentUnit, newlineOf, wholeLines } from './lines';
import { type LocalEdit, type LocalFix, sourceOf } from './rule';

/** @param isInverse the `if` holds for the batches that are used, and the others have no branch */
export function skipFixes(
  model: SemanticModel,
  segment: Segment,
  test: IfStmt,
  loss: Expr,
  isInverse: boolean,
): LocalFix[] {
  const text = sourceOf(segment, loss);
  if (/["'\\{}\n\r]/.test(text)) return [];
  const message = `print(f"batch skipped: ${text} is {${text}}")`;
  const edit = isInverse ? otherwise(model, segment, test, message) : before(model, segment, test, message);
  return edit ? [{ title: 'Say when a batch is skipped', safety: 'unsafe', edits: [edit] }] : [];
}

/** In front of the `continue`, on a line of its own. */
function before(model: SemanticModel, segment: Segment, test: IfStmt, message: string): LocalEdit | undefined {
  const last = test.body.body.at(-1);
  if (!last) return undefined;
  const newline = newlineOf(segment);
  const lines = wholeLines(segment, last, false);
  if (lines) {
    const line = `${indentationAt(segment, last.start)}${message}${newline}`;
    return { segment, span: { start: lines.start, end: lines.start }, text: line };
  }
  // `if torch.isnan(loss): continue`
  if (test.body.body.length > 1) return undefined;
  const colon = segment.text.lastIndexOf(':', last.start);
  if (segment.text.slice(colon + 1, last.start).trim() !== '') return undefined;
  const start = newline + indentationAt(segment, test.start) + indentUnit(model.module.text);
  return { segment, span: { start: colon + 1, end: last.start }, text: `${start}${message}${start}` };
}

function otherwise(model: SemanticModel, segment: Segment, test: IfStmt, message: string): LocalEdit | undefined {
  const last = test.body.body.at(-1);
  const lines = last && wholeLines(segment, last, false);
  if (!lines || test.isElif) return undefined;
  const newline = newlineOf(segment);
  const lead = /[\r\n]$/.test(segment.text.slice(0, lines.end)) ? '' : newline;
  const indentation = indentationAt(segment, test.start);
  const text = `${lead}${indentation}else:${newline}${indentation}${indentUnit(model.module.text)}${message}${newline}`;
  return { segment, span: { start: lines.end, end: lines.end }, text };
}
