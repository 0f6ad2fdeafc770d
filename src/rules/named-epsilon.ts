// Epsilons that stand at the top of the file under a name: the one place where they are to be mended.

import type { SemanticModel } from '../semantic/model';
import type { Expr, NumberExpr, Segment } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';

export interface NamedEpsilon {
  readonly name: string;
  readonly segment: Segment;
  readonly number: NumberExpr;
}

/** The one assignment of a number at the top of the file from which all of these expressions get their epsilon. */
export function namedEpsilon(model: SemanticModel, segment: Segment, exprs: readonly Expr[]): NamedEpsilon | undefined {
  const names = new Set<string>();
  for (const expr of exprs)
    walkExpressions(expr, (part) => {
      if (part.kind === 'Name') names.add(part.id);
    });
  const [name] = names;
  if (name === undefined || names.size !== 1) return undefined;
  const [first] = exprs;
  // A local name or a parameter hides the constant.
  const holder = first && model.enclosingFunction(segment, first);
  if (holder?.params.some((parameter) => parameter.name === name)) return undefined;
  const found: NamedEpsilon[] = [];
  for (const placed of model.module.segments)
    for (const stmt of placed.segment.body) {
      if (stmt.kind !== 'Assign' || stmt.value.kind !== 'Number') continue;
      const [target] = stmt.targets;
      if (stmt.targets.length === 1 && target?.kind === 'Name' && target.id === name)
        found.push({ name, segment: placed.segment, number: stmt.value });
    }
  return found.length === 1 ? found[0] : undefined;
}
