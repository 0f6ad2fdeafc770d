// Lists that are filled on a condition, and whether the condition is one of the data or an option of the run.

import type { SemanticModel } from '../semantic/model';
import { dottedName } from '../semantic/program';
import type { Expr, Node, Segment } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { sourceOf } from './rule';
import { ancestors } from './statements';

const OPTION = /\b(args?|opts?|options?|config|cfg|conf|hparams|flags|FLAGS|params|settings)\b/;

/**
 * Whether every `losses.append(…)` stands under tests of options, and under no other: whoever runs it knows which lists
 * there are.
 */
export function isFilledByOption(model: SemanticModel, segment: Segment, list: Expr): boolean {
  const name = dottedName(list);
  if (name === undefined) return false;
  const scope = model.enclosingFunction(segment, list);
  const tests: Expr[][] = [];
  const note = (node: Node): void => {
    walkExpressions(node, (expr) => {
      if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute' || expr.callee.name !== 'append') return;
      if (dottedName(expr.callee.object) !== name) return;
      tests.push(ancestors(model, segment, expr).flatMap((stmt) => (stmt.kind === 'If' ? [stmt.test] : [])));
    });
  };
  for (const stmt of scope?.body.body ?? segment.body) note(stmt);
  return (
    tests.length > 0 &&
    tests.every((around) => around.length > 0 && around.every((test) => OPTION.test(sourceOf(segment, test))))
  );
}
