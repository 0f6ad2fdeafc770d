// The expressions that names stand for, as long as what those read has not changed.

import type { Expr } from '../syntax/ast';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { dottedName } from './program';

/**
 * The expression that a name or attribute was bound to, where evaluating it here gives the same value once more.
 * @param isWanted says by its form whether it is worth the while.
 */
export function definitionOf(
  evaluator: Evaluator,
  expr: Expr,
  env: Environment,
  isWanted: (definition: Expr) => boolean = () => true,
): Expr | undefined {
  const key = dottedName(expr);
  const definition = key === undefined ? undefined : env.definitionOf(key);
  if (key === undefined || !definition || definition.kind === 'Name' || !isWanted(definition)) return undefined;
  const { session } = evaluator;
  const now = env.get(key);
  if (now?.kind !== 'quantity' || now.term === undefined || session.isComparing) return undefined;
  // What `x = x or y` reads is x, whose definition it is.
  session.isComparing = true;
  const again = session.silently(() => evaluator.evaluate(definition, env));
  session.isComparing = false;
  return again.kind === 'quantity' && again.term === now.term ? definition : undefined;
}
