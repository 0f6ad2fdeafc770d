// The expression that a person points at: a name, an attribute, a call by its callee, an operation by its operator.

import type { SemanticModel } from '../../semantic/model';
import type { Expr, Node, PlacedSegment, Segment } from '../../syntax/ast';
import { childrenOf, isStatement } from '../../syntax/walk';

export interface PointedExpression {
  readonly segment: Segment;
  readonly offset: number;
  readonly expr: Expr;
}

/** Undefined for white space, punctuation, comments, keywords and literals. */
export function expressionAt(model: SemanticModel, at: number): PointedExpression | undefined {
  const placed = segmentAt(model.module.segments, at);
  if (!placed) return undefined;
  const { segment, offset } = placed;
  const local = at - offset;
  const character = segment.text.charAt(local);
  if (!/[^\s(),:;#'"{}]/.test(character)) return undefined;
  if (segment.comments.some(({ start, end }) => local >= start && local < end)) return undefined;
  const node = innermost(segment.body, local);
  if (!node || isStatement(node)) return undefined;
  const expr = meant(model, segment, node as Expr, character);
  return expr && { segment, offset, expr };
}

function segmentAt(segments: readonly PlacedSegment[], at: number): PlacedSegment | undefined {
  return segments.find(({ offset, segment }) => at >= offset && at < offset + segment.text.length);
}

function innermost(nodes: readonly Node[], at: number): Node | undefined {
  let found: Node | undefined;
  for (let level = nodes; ; ) {
    const inside = level.find(({ start, end }) => at >= start && at < end);
    if (!inside) return found;
    found = inside;
    level = childrenOf(inside);
  }
}

function meant(model: SemanticModel, segment: Segment, expr: Expr, character: string): Expr | undefined {
  switch (expr.kind) {
    case 'Name':
    case 'Attribute': {
      const parent = model.parentOf(segment, expr);
      // `x -= 1`: what it was before, or what it is afterwards?
      if (parent?.kind === 'AugAssign' && parent.target === expr) return undefined;
      return parent?.kind === 'Call' && parent.callee === expr ? parent : expr;
    }
    case 'Binary':
    case 'Compare':
    case 'Bool':
      return expr;
    case 'Unary':
      return expr.operand.kind === 'Number' ? undefined : expr;
    case 'Subscript':
      return /[[\]]/.test(character) ? expr : undefined;
    default:
      return undefined;
  }
}
