// Moves, inserts and deletes whole statements: what fixes that change the order of a training step are made of.

import { namesRead } from '../semantic/names-read';
import { boundNames } from '../semantic/program';
import type { Segment, Stmt } from '../syntax/ast';
import { indentationAt, indentUnit, newlineOf, reindent, terminated, wholeLines } from './lines';
import { type LocalEdit, type RuleContext, sourceOf } from './rule';
import { ancestors, isInside, siblingsOf } from './statements';

/** The edits that put `moved` with its comments before `target`; undefined where that would change what it computes with. */
export function moveBefore(
  context: RuleContext,
  segment: Segment,
  moved: Stmt,
  target: Stmt,
  before = '',
): LocalEdit[] | undefined {
  if (moved === target || isInside(moved, target) || isInside(target, moved)) return undefined;
  if (dependsOnBetween(context, segment, moved, target)) return undefined;
  const lines = wholeLines(segment, moved, true);
  const at = wholeLines(segment, target, true);
  if (!lines || !at) return undefined;
  const newline = newlineOf(segment);
  const indentation = indentationAt(segment, target.start);
  const text = reindent(
    terminated(sourceOf(segment, lines), newline),
    indentationAt(segment, moved.start),
    indentation,
  );
  if (text === undefined) return undefined;
  const rest = siblingsOf(context.model, segment, moved).length > 1 ? '' : passIn(segment, moved);
  return [
    { segment, span: { start: at.start, end: at.start }, text: before + text },
    { segment, span: lines, text: rest },
  ];
}

/** What stands in a block that lost its only statement. */
function passIn(segment: Segment, moved: Stmt): string {
  return `${indentationAt(segment, moved.start)}pass${newlineOf(segment)}`;
}

/** Whether something that the moved statement reads is computed between its old and its new place. */
function dependsOnBetween(context: RuleContext, segment: Segment, moved: Stmt, target: Stmt): boolean {
  const read = namesRead(moved);
  const siblings = siblingsOf(context.model, segment, moved);
  const between = siblings.filter((stmt) =>
    target.start < moved.start
      ? stmt.start >= target.start && stmt.end <= moved.start
      : stmt.start >= moved.end && stmt.end <= target.start,
  );
  return [...boundNames(between)].some((name) => read.has(name));
}

/** A new line of code before a statement, as deep as that is. */
export function insertBefore(segment: Segment, target: Stmt, code: string): LocalEdit[] | undefined {
  const lines = wholeLines(segment, target, false);
  if (!lines) return undefined;
  const text = `${indentationAt(segment, target.start)}${code}${newlineOf(segment)}`;
  return [{ segment, span: { start: lines.start, end: lines.start }, text }];
}

/** A new line of code after a statement, as deep as that is. */
export function insertAfter(segment: Segment, target: Stmt, code: string): LocalEdit[] | undefined {
  const lines = wholeLines(segment, target, false);
  if (!lines) return undefined;
  const newline = newlineOf(segment);
  const text = `${indentationAt(segment, target.start)}${code}`;
  const isTerminated = /[\r\n]$/.test(sourceOf(segment, lines));
  return [
    { segment, span: { start: lines.end, end: lines.end }, text: isTerminated ? text + newline : newline + text },
  ];
}

/** Takes a statement away; where it is alone in its block, `pass` stays. */
export function removeStatement(context: RuleContext, segment: Segment, stmt: Stmt): LocalEdit[] | undefined {
  const lines = wholeLines(segment, stmt, false);
  if (!lines) return undefined;
  const rest = siblingsOf(context.model, segment, stmt).length > 1 ? '' : passIn(segment, stmt);
  return [{ segment, span: lines, text: rest }];
}

/** The statement with the `if` or `for` that holds nothing else, as long as `other` is not in it too. */
export function outOfGuards(context: RuleContext, segment: Segment, stmt: Stmt, other: Stmt): Stmt | undefined {
  let moved = stmt;
  for (const parent of ancestors(context.model, segment, stmt)) {
    if (isInside(other, parent)) return moved;
    const alone =
      (parent.kind === 'If' && !parent.isElif && !parent.orelse && parent.body.body.length === 1) ||
      (parent.kind === 'For' && !parent.orelse && parent.body.body.length === 1);
    if (!alone) return undefined;
    moved = parent;
  }
  return moved;
}

/** The statement with the loops that do not hold `other`: what belongs before it goes before all of them. */
export function outOfLoops(context: RuleContext, segment: Segment, stmt: Stmt, other: Stmt | undefined): Stmt {
  let target = stmt;
  for (const parent of ancestors(context.model, segment, stmt)) {
    if (!other || isInside(other, parent)) break;
    if (parent.kind === 'For' || parent.kind === 'While') target = parent;
  }
  return target;
}

/**
 * A line under the conditions that hold at `like` and not at `target`: `if use_amp:` and the line in it. undefined where
 * more than one condition would be needed, or another branch than the first.
 */
export function underConditionsOf(
  context: RuleContext,
  segment: Segment,
  code: string,
  target: Stmt,
  like: Stmt,
): string | undefined {
  const missing = ancestors(context.model, segment, like).filter(
    (parent) => parent.kind === 'If' && !isInside(target, parent),
  );
  const [condition, ...more] = missing;
  if (!condition) return code;
  if (more.length > 0 || condition.kind !== 'If' || condition.isElif || !isInside(like, condition.body))
    return undefined;
  const inner = indentationAt(segment, target.start) + indentUnit(context.model.module.text);
  return `if ${sourceOf(segment, condition.test)}:${newlineOf(segment)}${inner}${code}`;
}
