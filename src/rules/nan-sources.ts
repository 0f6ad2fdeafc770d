// The operations in a value, or in what its name was bound to, that may have made it NaN or infinite.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { mayBreak } from '../semantic/poles';
import { asQuantity } from '../semantic/value';
import type { Expr, Node, Segment } from '../syntax/ast';
import { definitionBefore, sourcesOf } from './data-flow';

/** Logarithms, divisions and roots that make up `expr`, or its definition where it is a name, and that nothing keeps off their poles. */
export function nanSources(model: SemanticModel, segment: Segment, expr: Expr): OperationSite[] {
  const start = expr.kind === 'Name' ? definitionBefore(model, segment, expr.id, expr) : expr;
  if (!start) return [];
  const parts = new Set<Node>(sourcesOf(model, segment, start, (part) => part.kind !== 'Name'));
  const found = new Map<Node, OperationSite>();
  for (const site of model.analysisOf(segment)?.sites ?? [])
    if (parts.has(site.node) && mayBreak(site) && !dividesBySize(site)) found.set(site.node, site);
  return [...found.values()];
}

/** A number of elements is 0 only where there are none. */
function dividesBySize(site: OperationSite): boolean {
  const { role, holder } = asQuantity(site.operands.get('y')?.value);
  return site.operation === 'divide' && (role === 'size' || holder === 'scalar');
}

const NAN_TESTS = /^(isnan|isinf|isfinite|is_nan|is_inf|is_finite|isneginf|isposinf)$/;

/** What a condition asks for NaN or Inf; undefined where it asks for something else. */
export function nanTested(model: SemanticModel, segment: Segment, condition: Expr): Expr | undefined {
  switch (condition.kind) {
    case 'Unary':
      return nanTested(model, segment, condition.operand);
    case 'Binary':
      return nanTested(model, segment, condition.left) ?? nanTested(model, segment, condition.right);
    case 'Name': {
      const definition = definitionBefore(model, segment, condition.id, condition);
      return definition && definition.kind !== 'Name' ? nanTested(model, segment, definition) : undefined;
    }
    case 'Compare':
      // x != x
      return condition.operators[0] === '!=' && sameName(condition.left, condition.comparators[0])
        ? condition.left
        : undefined;
    case 'Call': {
      const { callee, args } = condition;
      const name = callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
      if (!NAN_TESTS.test(name)) return undefined;
      return args[0]?.value ?? (callee.kind === 'Attribute' ? callee.object : undefined);
    }
    default:
      return undefined;
  }
}

function sameName(a: Expr, b: Expr | undefined): boolean {
  return a.kind === 'Name' && b?.kind === 'Name' && a.id === b.id;
}
