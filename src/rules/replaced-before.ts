// Whether somebody has replaced a value where it is 0, before it is divided by.

import type { SemanticModel } from '../semantic/model';
import { asQuantity, literalNumber } from '../semantic/value';
import type { Expr, IfStmt, Segment, Stmt } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { sourceOf } from './rule';
import { ancestors, siblingsOf } from './statements';

/**
 * `if weights.sum() == 0: weights = ones` before a division by `weights.sum()`: a test whether something made of the
 * same name is 0, or as good as 0, in whose body the name gets another value.
 */
export function isReplacedBefore(model: SemanticModel, segment: Segment, denominator: Expr): boolean {
  const names = namesIn(denominator);
  const around = ancestors(model, segment, denominator).filter(
    (stmt) => stmt.kind !== 'FunctionDef' && stmt.kind !== 'ClassDef',
  );
  return around.some((stmt) => {
    const before = siblingsOf(model, segment, stmt);
    return before
      .slice(0, before.indexOf(stmt))
      .some((each) => each.kind === 'If' && replaces(each, names, model, segment));
  });
}

function replaces({ test, body }: IfStmt, names: ReadonlySet<string>, model: SemanticModel, segment: Segment): boolean {
  if (!asksForZero(test, model, segment)) return false;
  const asked = namesIn(test);
  return body.body.some((stmt) => assignedNames(stmt).some((name) => names.has(name) && asked.has(name)));
}

/** `x == 0`, `x <= 0`, `x < eps`, `not x`. */
function asksForZero(test: Expr, model: SemanticModel, segment: Segment): boolean {
  if (test.kind === 'Unary') return test.operator === 'not';
  if (test.kind !== 'Compare' || !/^(==|<|<=)$/.test(test.operators[0] ?? '')) return false;
  const bound = test.comparators[0];
  if (!bound) return false;
  const number = literalNumber(asQuantity(model.valueOf(segment, bound)));
  return number === undefined ? /eps|tiny|tol/i.test(sourceOf(segment, bound)) : number >= 0 && number <= 0.01;
}

function assignedNames(stmt: Stmt): string[] {
  if (stmt.kind !== 'Assign') return [];
  return stmt.targets.flatMap((target) => {
    const at = target.kind === 'Subscript' ? target.object : target;
    return at.kind === 'Name' ? [at.id] : [];
  });
}

function namesIn(expr: Expr): Set<string> {
  const names = new Set<string>();
  walkExpressions(expr, (part) => {
    if (part.kind === 'Name') names.add(part.id);
  });
  return names;
}
