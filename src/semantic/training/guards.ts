// What a branch of the training step says of its condition, so that `if use_amp:` means the same twice in one iteration.

import type { Expr, Segment } from '../../syntax/ast';
import { namesRead } from '../names-read';

/** A condition, or part of one, that holds or does not hold on a branch. */
export interface Guard {
  /** The condition as written, in one spelling: `x is not None` is `x`. */
  readonly key: string;
  readonly holds: boolean;
  /** Names whose assignment makes it another condition. */
  readonly names: ReadonlySet<string>;
}

export interface BranchGuards {
  readonly whenTrue: readonly Guard[];
  readonly whenFalse: readonly Guard[];
}

const NOTHING: BranchGuards = { whenTrue: [], whenFalse: [] };

/** What is known on either branch of a test. An `and` says nothing where it fails, an `or` nothing where it holds. */
export function guardsOf(test: Expr, segment: Segment): BranchGuards {
  if (test.kind === 'Unary' && test.operator === 'not') {
    const { whenTrue, whenFalse } = guardsOf(test.operand, segment);
    return { whenTrue: whenFalse, whenFalse: whenTrue };
  }
  if (test.kind === 'Bool') {
    const parts = test.values.map((value) => guardsOf(value, segment));
    return test.operator === 'and'
      ? { whenTrue: parts.flatMap((part) => part.whenTrue), whenFalse: [] }
      : { whenTrue: [], whenFalse: parts.flatMap((part) => part.whenFalse) };
  }
  if (test.kind === 'Constant' || test.kind === 'NamedExpr') return NOTHING;
  const { subject, holds, key } = normalForm(test, segment);
  const names = namesRead(subject);
  return { whenTrue: [{ key, holds, names }], whenFalse: [{ key, holds: !holds, names }] };
}

/** `scaler is not None` and `scaler` ask the same of an object; `n != 0` is `n == 0` turned round. */
function normalForm(test: Expr, segment: Segment): { subject: Expr; key: string; holds: boolean } {
  const written = (expr: Expr) => segment.text.slice(expr.start, expr.end).replace(/\s+/g, '');
  const other = test.kind === 'Compare' && test.comparators.length === 1 ? test.comparators[0] : undefined;
  if (test.kind !== 'Compare' || !other) return { subject: test, key: written(test), holds: true };
  const operator = test.operators[0];
  const positive = operator !== 'is not' && operator !== '!=' && operator !== 'not in';
  if (
    other.kind === 'Constant' &&
    (operator === 'is' || operator === 'is not' || operator === '==' || operator === '!=')
  )
    if (other.value !== 'ellipsis')
      return { subject: test.left, key: written(test.left), holds: (other.value === true) === positive };
  if (positive && operator !== '==' && operator !== 'in') return { subject: test, key: written(test), holds: true };
  const relation = operator === 'in' || operator === 'not in' ? ' in ' : '==';
  return { subject: test, key: `${written(test.left)}${relation}${written(other)}`, holds: positive };
}
