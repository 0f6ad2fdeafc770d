// What a hand-written exponential spells out: a softmax, a log-sum-exp, a softplus, a sigmoid, a tanh.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { asQuantity } from '../semantic/value';
import type { Expr, Node } from '../syntax/ast';

export type ExpFormKind =
  | 'softmax'
  /** exp(x) * w / sum(exp(x) * w) */
  | 'weighted softmax'
  | 'log-sum-exp'
  | 'log-mean-exp'
  /** log(1 + exp(x)) */
  | 'softplus'
  /** log(exp(x) - 1) */
  | 'inverse softplus'
  /** exp(x) / (1 + exp(x)) */
  | 'sigmoid'
  /** a / (1 + exp(x)): right in value, NaN in its gradient */
  | 'reciprocal sigmoid'
  /** log(cosh(x)) */
  | 'log-cosh'
  /** exp(0.5 * logvar) of what a network gives */
  | 'log-scale'
  /** (exp(x) - exp(-x)) / (exp(x) + exp(-x)) */
  | 'tanh'
  /** (exp(2x) - 1) / (exp(2x) + 1) */
  | 'tanh of half'
  /** (1 - exp(-2x)) / (1 + exp(-2x)) */
  | 'tanh of negated half';

export interface ExpForm {
  readonly kind: ExpFormKind;
  /** The exponentials that overflow, all of the same value, in the order of the source; at least one. */
  readonly exponentials: readonly [OperationSite, ...OperationSite[]];
  /** The sum or mean over them. */
  readonly reduction: OperationSite | undefined;
  /** Whether the sum stands as it is, without an epsilon or a bound. */
  readonly isPlainSum: boolean;
}

/** What the division or logarithm at this place spells out, if it is one of these forms. */
export function expFormAt(site: OperationSite, model: SemanticModel): ExpForm | undefined {
  if (site.operation === 'exp') return logScale(site, model);
  const x = termOf(site, 'x');
  if (x === undefined) return undefined;
  const sites = nearbySites(site, model);
  if (site.operation === 'divide') {
    const y = termOf(site, 'y');
    return y === undefined ? undefined : (tanhForm(x, y, sites) ?? quotient(x, y, sites));
  }
  return site.operation === 'log1p' ? whole(x, sites, 'softplus') : logarithm(x, sites);
}

const LOG_SCALE = /^\w*log_?\w*(var|variance|std|stdev|stddev|sigma|scale)s?\w?$/i;

/** The exponential of a logarithm of a scale that is handed in: what a layer gives is bounded by nothing. */
function logScale(site: OperationSite, model: SemanticModel): ExpForm | undefined {
  const operand = site.operands.get('x');
  if (!operand || site.inPlace || !isLogScale(operand.expr)) return undefined;
  // A bound of which nothing more is known is one that somebody has chosen.
  if (asQuantity(operand.value).because.at(-1)?.operation === 'clamp') return undefined;
  // Dividing by Inf gives 0: there it is the underflow that harms, which is NAN102's to say.
  if (isDivisor(site, model)) return undefined;
  return { kind: 'log-scale', exponentials: [site], reduction: undefined, isPlainSum: false };
}

/** Whether an exponent is the logarithm of a scale, by its name, that is handed in and no parameter of the object. */
export function isLogScale(exponent: Expr): boolean {
  const scale = withoutFactors(exponent);
  return scale.kind === 'Name' && LOG_SCALE.test(scale.id);
}

const PASSES = /^(pow|square|sqrt|clamp|clip|maximum|unsqueeze|view|expand|expand_as|float)$/;
const DIVIDES = /^(div|divide|true_divide)_?$/;

/** Whether the value, or a power or bound of it, is what something is divided by. */
function isDivisor({ segment, node }: OperationSite, model: SemanticModel): boolean {
  let at: Node = node;
  for (let parent = model.parentOf(segment, at); parent; parent = model.parentOf(segment, at)) {
    if (parent.kind === 'Binary') {
      if (parent.operator === '/') return parent.right === at;
    } else if (parent.kind === 'Call') {
      const name = nameOf(parent.callee);
      if (DIVIDES.test(name)) return parent.args.at(-1)?.value === at;
      if (!PASSES.test(name)) return false;
    } else if (parent.kind !== 'Attribute') return false;
    at = parent;
  }
  return false;
}

function nameOf(callee: Expr): string {
  return callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
}

/** `logvar` of `-0.5 * logvar` and `logvar / 2`. */
function withoutFactors(expr: Expr): Expr {
  if (expr.kind === 'Unary') return withoutFactors(expr.operand);
  if (expr.kind !== 'Binary' || (expr.operator !== '*' && expr.operator !== '/')) return expr;
  if (expr.right.kind === 'Number') return withoutFactors(expr.left);
  const left = expr.left.kind === 'Unary' ? expr.left.operand : expr.left;
  return expr.operator === '*' && left.kind === 'Number' ? withoutFactors(expr.right) : expr;
}

function termOf(site: OperationSite, operand: string): string | undefined {
  return asQuantity(site.operands.get(operand)?.value).term;
}

/** Exponentials, sums and means of the same function up to the end of this place. */
function nearbySites(site: OperationSite, model: SemanticModel): readonly OperationSite[] {
  const holder = model.enclosingFunction(site.segment, site.node);
  const kinds = new Set(['exp', 'cosh', 'sum', 'mean']);
  const seen = new Set<unknown>();
  return (model.analysisOf(site.segment)?.sites ?? []).filter((other) => {
    if (!kinds.has(other.operation) || other.inPlace || seen.has(other.node)) return false;
    if (other.node.start > site.node.end || model.enclosingFunction(site.segment, other.node) !== holder) return false;
    seen.add(other.node);
    return true;
  });
}

/** exp, but neither 2**x nor the running sum that the tables know by the same operation. */
function isNamed(site: OperationSite, name: RegExp): boolean {
  return name.test(site.name);
}

function exponentialsOf(term: string, sites: readonly OperationSite[]): ExpForm['exponentials'] | undefined {
  const [first, ...rest] = sites.filter(
    (site) => site.operation === 'exp' && isNamed(site, /(^|\.)exp$/) && asQuantity(site.result).term === term,
  );
  return first ? [first, ...rest] : undefined;
}

function whole(term: string, sites: readonly OperationSite[], kind: ExpFormKind): ExpForm | undefined {
  const exponentials = exponentialsOf(term, sites);
  return exponentials && { kind, exponentials, reduction: undefined, isPlainSum: true };
}

/** The other summand of `(1+t)` or `(t+1)`. */
function besideOne(term: string): string | undefined {
  if (term.startsWith('(1+') && term.endsWith(')')) return term.slice(3, -1);
  return term.startsWith('(') && term.endsWith('+1)') ? term.slice(1, -3) : undefined;
}

function lessOne(term: string): string | undefined {
  return term.startsWith('(') && term.endsWith('-1)') ? term.slice(1, -3) : undefined;
}

function tanhForm(x: string, y: string, sites: readonly OperationSite[]): ExpForm | undefined {
  const doubled = lessOne(x);
  if (doubled !== undefined && besideOne(y) === doubled) return whole(doubled, sites, 'tanh of half');
  for (const site of sites) {
    const positive = asQuantity(site.result).term;
    const operand = termOf(site, 'x');
    if (site.operation !== 'exp' || positive === undefined || operand === undefined) continue;
    const negative = `exp((-${operand}))`;
    if (x !== `(${positive}-${negative})`) continue;
    if (y === `(${positive}+${negative})` || y === `(${negative}+${positive})`) return whole(positive, sites, 'tanh');
  }
  return undefined;
}

function quotient(x: string, y: string, sites: readonly OperationSite[]): ExpForm | undefined {
  const beside = besideOne(y);
  if (beside !== undefined) {
    if (x === `(1-${beside})`) return whole(beside, sites, 'tanh of negated half');
    if (x === beside) return whole(beside, sites, 'sigmoid');
    return x.includes(beside) ? undefined : whole(beside, sites, 'reciprocal sigmoid');
  }
  const sum = reductionIn(y, 'sum', sites);
  if (!sum || termOf(sum.site, 'x') !== x) return undefined;
  const exponentials = exponentialsOf(x, sites);
  if (exponentials) return { kind: 'softmax', exponentials, reduction: sum.site, isPlainSum: sum.isPlain };
  for (const site of sites) {
    const factor = asQuantity(site.result).term;
    if (site.operation !== 'exp' || factor === undefined) continue;
    if (!x.startsWith(`(${factor}*`) && !(x.startsWith('(') && x.endsWith(`*${factor})`))) continue;
    const factors = exponentialsOf(factor, sites);
    if (factors)
      return { kind: 'weighted softmax', exponentials: factors, reduction: sum.site, isPlainSum: sum.isPlain };
  }
  return undefined;
}

function logarithm(x: string, sites: readonly OperationSite[]): ExpForm | undefined {
  const cosh = sites.find((site) => site.operation === 'cosh' && asQuantity(site.result).term === x);
  if (cosh) return { kind: 'log-cosh', exponentials: [cosh], reduction: undefined, isPlainSum: true };
  const beside = besideOne(x);
  if (beside !== undefined) {
    const form = whole(beside, sites, 'softplus');
    if (form) return form;
  }
  const less = lessOne(x);
  if (less !== undefined) return whole(less, sites, 'inverse softplus');
  for (const operation of ['sum', 'mean'] as const) {
    const found = reductionIn(x, operation, sites);
    const term = found && termOf(found.site, 'x');
    const exponentials = term === undefined ? undefined : exponentialsOf(term, sites);
    if (!found || !exponentials) continue;
    return {
      kind: operation === 'sum' ? 'log-sum-exp' : 'log-mean-exp',
      exponentials,
      reduction: found.site,
      isPlainSum: found.isPlain,
    };
  }
  return undefined;
}

/** The sum that a term is, perhaps reshaped, with an epsilon added or a bound below. */
function reductionIn(
  term: string,
  operation: 'sum' | 'mean',
  sites: readonly OperationSite[],
): { readonly site: OperationSite; readonly isPlain: boolean } | undefined {
  const wrapped = /^\(?(?:(?:same|clamp|maximum)\()?/.exec(term)?.[0] ?? '';
  const inner = term.slice(wrapped.length);
  if (!inner.startsWith(`${operation}(`)) return undefined;
  const site = sites.find((candidate) => {
    const own = asQuantity(candidate.result).term;
    if (candidate.operation !== operation || own === undefined) return false;
    if (!isNamed(candidate, operation === 'sum' ? /(^|\.)(reduce_)?sum$/ : /(^|\.)(reduce_)?mean$/)) return false;
    if (candidate.framework === 'python' || !inner.startsWith(own)) return false;
    const rest = inner.slice(own.length);
    if (wrapped === '') return rest === '';
    // A whole second summand that is no number is something else than a guard.
    return wrapped === '(' ? /^\+[\d.e-]+\)$/.test(rest) : /^[,)]/.test(rest);
  });
  return site && { site, isPlain: wrapped === '' };
}
