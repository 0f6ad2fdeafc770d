// Where statements stand: their block, their siblings, what encloses them.

import type { SemanticModel } from '../semantic/model';
import type { Node, Segment, Stmt } from '../syntax/ast';
import { blocksOf, isStatement } from '../syntax/walk';
import type { Span } from '../text/span';

/** Enclosing statements, nearest first; the statement itself is not one. */
export function ancestors(model: SemanticModel, segment: Segment, node: Node): Stmt[] {
  const result: Stmt[] = [];
  for (let at = model.parentOf(segment, node); at; at = model.parentOf(segment, at))
    if (isStatement(at)) result.push(at);
  return result;
}

/** The list of statements in which `stmt` stands. */
export function siblingsOf(model: SemanticModel, segment: Segment, stmt: Stmt): readonly Stmt[] {
  const parent = ancestors(model, segment, stmt)[0];
  if (!parent) return segment.body;
  return (
    blocksOf(parent).find((block) => block.body.includes(stmt))?.body ??
    (parent.kind === 'BrokenStmt' ? parent.body : [])
  );
}

export function isInside(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
