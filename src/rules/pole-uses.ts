// Where a value goes that an epsilon was to keep off a pole: denominators, roots, logarithms, inverse trigonometry.

import type { SegmentAnalysis, SemanticModel } from '../semantic/model';
import { asQuantity, literalNumber, type Value } from '../semantic/value';
import type { CallExpr, Expr, Node, Segment } from '../syntax/ast';

export interface PoleUse {
  readonly kind: 'divisor' | 'root' | 'logarithm' | 'inverse';
  readonly node: Node;
}

const CALLS: Readonly<Record<string, PoleUse['kind'] | 'transparent'>> = {
  log: 'logarithm',
  log2: 'logarithm',
  log10: 'logarithm',
  log1p: 'logarithm',
  logit: 'logarithm',
  xlogy: 'logarithm',
  log_: 'logarithm',
  sqrt: 'root',
  sqrt_: 'root',
  rsqrt: 'divisor',
  rsqrt_: 'divisor',
  reciprocal: 'divisor',
  reciprocal_: 'divisor',
  acos: 'inverse',
  arccos: 'inverse',
  asin: 'inverse',
  arcsin: 'inverse',
  atanh: 'inverse',
  arctanh: 'inverse',
  acosh: 'inverse',
  arccosh: 'inverse',
  erfinv: 'inverse',
  ndtri: 'inverse',
  unsqueeze: 'transparent',
  squeeze: 'transparent',
  view: 'transparent',
  reshape: 'transparent',
  expand: 'transparent',
  expand_as: 'transparent',
  expand_dims: 'transparent',
  contiguous: 'transparent',
};
const DIVISIONS: ReadonlySet<string> = new Set(['div', 'div_', 'divide', 'true_divide', 'truediv']);
/** How often a value may be given another name on its way. */
const MOST_NAMES = 3;

/** Every such use of the value of an expression in its function, directly or through names it is bound to. */
export function poleUses(model: SemanticModel, segment: Segment, node: Expr): readonly PoleUse[] {
  const analysis = model.analysisOf(segment);
  const found: PoleUse[] = [];
  if (analysis) follow(model, analysis, node, found, 0);
  return found;
}

function follow(model: SemanticModel, analysis: SegmentAnalysis, start: Expr, found: PoleUse[], names: number): void {
  const { segment } = analysis;
  let child: Node = start;
  for (let parent = model.parentOf(segment, child); parent; parent = model.parentOf(segment, child)) {
    switch (parent.kind) {
      case 'Unary':
        break;
      case 'Binary': {
        if (parent.operator === '/') {
          if (parent.right === child) found.push({ kind: 'divisor', node: parent });
          return;
        }
        if (parent.operator === '**') {
          const exponent = literalNumber(model.valueOf(segment, parent.right));
          if (parent.left !== child || exponent === undefined) return;
          if (exponent < 0) found.push({ kind: 'divisor', node: parent });
          else if (exponent < 1) found.push({ kind: 'root', node: parent });
          if (exponent < 0) return;
        } else if (!/^[-+*]$/.test(parent.operator)) return;
        break;
      }
      case 'Attribute': {
        const call = model.parentOf(segment, parent);
        if (call?.kind !== 'Call' || call.callee !== parent) return;
        if (!throughCall(call, parent.name, false, found)) return;
        child = call;
        continue;
      }
      case 'Call': {
        const { callee } = parent;
        const name = callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
        const place = parent.args.findIndex((arg) => arg.value === child);
        if (!throughCall(parent, name, place === parent.args.length - 1, found)) return;
        break;
      }
      case 'AugAssign':
        if (parent.value === child && parent.operator === '/') found.push({ kind: 'divisor', node: parent });
        return;
      case 'Assign':
      case 'AnnAssign': {
        if (parent.value !== child || names >= MOST_NAMES) return;
        for (const target of parent.kind === 'Assign' ? parent.targets : [parent.target])
          if (target.kind === 'Name') followName(model, analysis, target.id, parent.value, found, names + 1);
        return;
      }
      default:
        return;
    }
    child = parent;
  }
}

/** Adds what a call does with its operand; whether the operand's poles are still those of what it gives. */
function throughCall(call: CallExpr, name: string, isLast: boolean, found: PoleUse[]): boolean {
  if (DIVISIONS.has(name) && isLast) found.push({ kind: 'divisor', node: call });
  const kind = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  if (kind !== undefined && kind !== 'transparent') found.push({ kind, node: call });
  return kind === 'transparent' || kind === 'root';
}

function followName(
  model: SemanticModel,
  analysis: SegmentAnalysis,
  name: string,
  bound: Expr,
  found: PoleUse[],
  names: number,
): void {
  const { segment } = analysis;
  const home = model.enclosingFunction(segment, bound);
  const { term } = asQuantity(model.valueOf(segment, bound));
  for (const [expr, value] of namesOf(analysis).get(name) ?? []) {
    if (expr.start < bound.end) continue;
    if (model.enclosingFunction(segment, expr) !== home) continue;
    // Bound anew in between, the name speaks of something else.
    const now = asQuantity(value).term;
    if (term !== undefined && now !== undefined && now !== term) continue;
    follow(model, analysis, expr, found, names);
  }
}

const namesByAnalysis = new WeakMap<SegmentAnalysis, Map<string, [Expr, Value][]>>();

/** Every place where a name stands, by the name. */
function namesOf(analysis: SegmentAnalysis): ReadonlyMap<string, readonly (readonly [Expr, Value])[]> {
  let names = namesByAnalysis.get(analysis);
  if (names) return names;
  names = new Map();
  for (const [expr, value] of analysis.values) {
    if (expr.kind !== 'Name') continue;
    const places = names.get(expr.id);
    if (places) places.push([expr, value]);
    else names.set(expr.id, [[expr, value]]);
  }
  namesByAnalysis.set(analysis, names);
  return names;
}
