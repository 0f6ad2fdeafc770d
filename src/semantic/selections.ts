// Calls that choose between two values element by element: `where(c, a, b)`, `a.where(c, b)`, `a.masked_fill(mask, v)`.

import type { CallExpr, Expr } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { definitionOf } from './definitions';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import type { Signature } from './libraries';
import type { UnselectedSite } from './operation-site';
import { refine } from './refine';
import { type Branch, unselectedSites } from './worlds';

export interface Selection {
  readonly condition: Expr;
  readonly branches: readonly Branch[];
}

const OWN_SELECTIONS = /^(where|masked_fill_?)$/;

/** The selection that a method makes from its receiver and its arguments. */
export function ownSelection(evaluator: Evaluator, expr: CallExpr, env: Environment): Selection | undefined {
  const { callee, args } = expr;
  if (callee.kind !== 'Attribute' || !OWN_SELECTIONS.test(callee.name)) return undefined;
  const [condition, other] = args;
  if (condition?.unpack !== '') return undefined;
  const receiver = evaluator.session.silently(() => evaluator.evaluate(callee.object, env));
  if (receiver.kind !== 'quantity') return undefined;
  const isWhere = callee.name === 'where';
  return selection(evaluator, condition.value, isWhere, callee.object, other?.value, env);
}

/** The selection that a function makes from its arguments. */
export function selectionOf(
  evaluator: Evaluator,
  expr: CallExpr,
  signature: Signature,
  env: Environment,
): Selection | undefined {
  const isWhere = signature.operation === 'where';
  if (!isWhere && signature.operation !== 'masked_fill') return undefined;
  const operands = new Map<string, Expr>();
  let position = 0;
  for (const arg of expr.args) {
    if (arg.unpack !== '') return undefined;
    const name = arg.keyword === undefined ? signature.positional[position++] : signature.keywords.get(arg.keyword);
    if (name !== undefined) operands.set(name, arg.value);
  }
  const condition = operands.get(isWhere ? 'condition' : 'mask');
  const other = operands.get(isWhere ? 'y' : 'value');
  return condition && selection(evaluator, condition, isWhere, operands.get('x'), other, env);
}

function selection(
  evaluator: Evaluator,
  condition: Expr,
  isWhere: boolean,
  x: Expr | undefined,
  other: Expr | undefined,
  env: Environment,
): Selection {
  evaluator.session.silently(() => evaluator.evaluate(condition, env));
  const branch = (name: string, expr: Expr, holds: boolean): Branch => {
    const scope = env.branch();
    refine(evaluator, condition, holds, scope);
    narrowSelections(evaluator, expr, scope);
    return { name, expr, holds, scope };
  };
  const branches: Branch[] = [];
  if (x) branches.push(branch('x', x, isWhere));
  if (other) branches.push(branch(isWhere ? 'y' : 'value', other, !isWhere));
  return { condition, branches };
}

/** `safe = where(c, x, 1)` is x where c holds: what the names in a branch selected before is known anew. */
function narrowSelections(evaluator: Evaluator, expr: Expr, scope: Environment): void {
  walkExpressions(expr, (part) => {
    if (part.kind !== 'Name' || scope.bindings.has(part.id)) return;
    const definition = definitionOf(evaluator, part, scope, isSelection);
    if (definition)
      scope.narrow(
        part.id,
        evaluator.session.silently(() => evaluator.evaluate(definition, scope)),
      );
  });
}

function isSelection(expr: Expr): boolean {
  return expr.kind === 'Call' && expr.callee.kind === 'Attribute' && OWN_SELECTIONS.test(expr.callee.name);
}

/** What breaks in the branches where they are not chosen. */
export function unselectedIn(
  evaluator: Evaluator,
  { condition, branches }: Selection,
  env: Environment,
): UnselectedSite[] {
  return branches.flatMap((branch) => unselectedSites(evaluator, condition, branch, env));
}
