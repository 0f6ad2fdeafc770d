// What counts as an epsilon: a small number, or something that says by its name that it is one.

import type { SemanticModel } from '../semantic/model';
import { asQuantity, literalNumber } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';

/** Larger numbers are offsets, not guards. */
const LARGEST = 1e-3;
const NAME = /(^|_)(eps|epsilon|tiny)(_|\d|$)/i;

/** Whether an expression is an epsilon that was added to keep something off 0. */
export function isEpsilon(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  const value = asQuantity(model.valueOf(segment, expr));
  const n = literalNumber(value);
  if (n !== undefined) return n > 0 && n <= LARGEST;
  if (value.holder === 'tensor' && value.role !== undefined) return false;
  switch (expr.kind) {
    case 'Name':
      return NAME.test(expr.id);
    case 'Attribute':
      return NAME.test(expr.name);
    case 'Subscript': {
      const [index] = expr.indices;
      return expr.indices.length === 1 && index?.kind === 'String' && NAME.test(index.value ?? '');
    }
    case 'Call':
      return expr.args.length === 0 && expr.callee.kind === 'Attribute' && NAME.test(expr.callee.name);
    default:
      return false;
  }
}
