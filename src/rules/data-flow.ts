// What an expression was made from, followed back through the local names of one function.

import type { SemanticModel } from '../semantic/model';
import { asQuantity } from '../semantic/value';
import type { AssignStmt, Expr, FunctionDef, Node, Segment } from '../syntax/ast';
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
      // A divisor is a scale, and no element comes from it.
      return expr.operator === '/' ? [expr.left] : [expr.left, expr.right];
    case 'Unary':
      return [expr.operand];
    case 'Subscript':
      return [expr.object];
    case 'Conditional':
      return [expr.body, expr.orelse];
    case 'Call': {
      // Of a size no element is part.
      if (asQuantity(model.valueOf(segment, expr)).role === 'size') return [];
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

type Assignments = ReadonlyMap<string, readonly AssignStmt[]>;

/** Assignments to plain names in a function or at the top of a segment, by name and in the order of the source. */
const assignments = new WeakMap<FunctionDef | Segment, Assignments>();

function assignmentsIn(holder: FunctionDef | Segment): Assignments {
  const known = assignments.get(holder);
  if (known) return known;
  const byName = new Map<string, AssignStmt[]>();
  walkStatements('kind' in holder ? holder.body.body : holder.body, (stmt) => {
    if (stmt.kind !== 'Assign') return;
    for (const target of stmt.targets) {
      if (target.kind !== 'Name') continue;
      const list = byName.get(target.id);
      if (list) list.push(stmt);
      else byName.set(target.id, [stmt]);
    }
  });
  assignments.set(holder, byName);
  return byName;
}

/** The value of the last assignment to a name that stands before a place, in the same function. */
export function definitionBefore(model: SemanticModel, segment: Segment, name: string, place: Node): Expr | undefined {
  const holder = model.enclosingFunction(segment, place) ?? segment;
  const own = model.statementOf(segment, place);
  const list = assignmentsIn(holder).get(name) ?? [];
  let low = 0;
  let high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((list[mid] as AssignStmt).start < place.start) low = mid + 1;
    else high = mid;
  }
  const last = list[low - 1];
  return (last === own ? list[low - 2] : last)?.value;
}
