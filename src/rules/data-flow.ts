// What an expression was made from, followed back through the local names of one function.

import type { SemanticModel } from '../semantic/model';
import type { Expr, Node, Segment } from '../syntax/ast';
import { walkStatements } from '../syntax/walk';

/** How many expressions are looked at, so that long functions cost no more than short ones. */
const LONGEST = 64;

/**
 * The expression itself and everything that its elements came from: operands, receivers, first arguments, and the values
 * that names were last given before it. An over-approximation: what it names may have been something else on some path.
 * What does not pass is found, but not what lies behind it.
 */
export function sourcesOf(
  model: SemanticModel,
  segment: Segment,
  expr: Expr,
  passes: (expr: Expr) => boolean = () => true,
): Expr[] {
  const found: Expr[] = [];
  const queue: Expr[] = [expr];
  const seen = new Set<Expr>();
  for (let at = queue.shift(); at && found.length < LONGEST; at = queue.shift()) {
    if (seen.has(at)) continue;
    seen.add(at);
    found.push(at);
    if (passes(at)) queue.push(...directSources(model, segment, at));
  }
  return found;
}

function directSources(model: SemanticModel, segment: Segment, expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'Name': {
      const value = definitionBefore(model, segment, expr.id, expr);
      return value ? [value] : [];
    }
    case 'Binary':
      return [expr.left, expr.right];
    case 'Unary':
      return [expr.operand];
    case 'Subscript':
      return [expr.object];
    case 'Conditional':
      return [expr.body, expr.orelse];
    case 'Call': {
      const args = expr.args.filter((arg) => arg.unpack === '').map((arg) => arg.value);
      if (expr.callee.kind !== 'Attribute') return args.slice(0, 1);
      const { object, name } = expr.callee;
      if (model.valueOf(segment, object).kind !== 'library') return [object];
      return name === 'where' ? args.slice(1, 3) : args.slice(0, 1);
    }
    default:
      return [];
  }
}

/** The value of the last assignment to a name that stands before a place, in the same function. */
export function definitionBefore(model: SemanticModel, segment: Segment, name: string, place: Node): Expr | undefined {
  const holder = model.enclosingFunction(segment, place);
  const own = model.statementOf(segment, place);
  let last: Expr | undefined;
  walkStatements(holder?.body.body ?? segment.body, (stmt) => {
    if (stmt.kind !== 'Assign' || stmt === own || stmt.start >= place.start) return;
    if (stmt.targets.some((target) => target.kind === 'Name' && target.id === name)) last = stmt.value;
  });
  return last;
}
