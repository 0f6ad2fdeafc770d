// Whether somebody has asked already if the two sides of a difference are equal, and left in that case.

import type { SemanticModel } from '../semantic/model';
import type { Expr, Segment } from '../syntax/ast';
import { definitionBefore } from './data-flow';
import { sourceOf } from './rule';
import { ancestors, siblingsOf } from './statements';

/** `if high == low: return image` above `x / (high - low)`. */
export function areToldApart(model: SemanticModel, segment: Segment, difference: Expr): boolean {
  const made = difference.kind === 'Name' ? definitionBefore(model, segment, difference.id, difference) : difference;
  if (made?.kind !== 'Binary' || made.operator !== '-') return false;
  const sides = [sourceOf(segment, made.left), sourceOf(segment, made.right)].sort().join('\n');
  const stmt = model.statementOf(segment, difference);
  for (const at of stmt ? [stmt, ...ancestors(model, segment, stmt)] : [])
    for (const sibling of siblingsOf(model, segment, at)) {
      if (sibling.start >= at.start) break;
      if (sibling.kind !== 'If' || sibling.test.kind !== 'Compare' || sibling.test.operators[0] !== '==') continue;
      const { left, comparators } = sibling.test;
      const asked = [left, ...comparators]
        .map((side) => sourceOf(segment, side))
        .sort()
        .join('\n');
      const last = sibling.body.body.at(-1)?.kind;
      if (asked === sides && (last === 'Return' || last === 'Raise' || last === 'Continue')) return true;
    }
  return false;
}
