// Fixes of a root whose operand can be 0: a form with a finite gradient, a bound above 0, an epsilon inside the root.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, type Quantity } from '../semantic/value';
import { type Argument, type CallExpr, type Expr, outerSpan, type Segment } from '../syntax/ast';
import type { LocalFix } from './rule';
import { sourceOf } from './rule';

/** All that can be done about `sqrt(x)` or `x ** 0.5`, best first. */
export function rootFixes(site: OperationSite, operand: SiteOperand, model: SemanticModel): LocalFix[] {
  const bounds = [raisedClamp(site, operand), ...aboveZero(site, operand, model)];
  const stable = site.inPlace ? [] : [asDeviation(site, operand), asVectorNorm(site, operand, model)];
  return [...stable, ...bounds].filter((fix) => fix !== undefined);
}

/** The root of a small enough number that a float32 (a float16 where the operand can be one) still holds. */
export function epsilonFor(site: OperationSite, value: Quantity): string {
  return value.dtype === 'float16' || value.dtype === 'bfloat16' || site.autocast || value.autocast ? '1e-7' : '1e-12';
}

function replaceSite(site: OperationSite, title: string, safety: LocalFix['safety'], text: string): LocalFix {
  const span = { start: site.node.start, end: site.node.end };
  return { title, safety, edits: [{ segment: site.segment, span, text }] };
}

// ---------------------------------------------------------------- forms that torch differentiates at 0

/** `x.var(dim).sqrt()` is `x.std(dim)`, whose gradient torch defines as 0 for equal values. */
function asDeviation(site: OperationSite, operand: SiteOperand): LocalFix | undefined {
  if (site.framework !== 'torch' || operand.expr.kind !== 'Call') return undefined;
  const { callee } = operand.expr;
  if (callee.kind !== 'Attribute' || callee.name !== 'var') return undefined;
  if (asQuantity(operand.value).origin?.operation !== 'variance') return undefined;
  const { segment } = site;
  const before = segment.text.slice(operand.expr.start, callee.nameSpan.start);
  const after = segment.text.slice(callee.nameSpan.end, operand.expr.end);
  return replaceSite(
    site,
    'Use std: the same value, with a gradient of 0 for equal values',
    'safe',
    `${before}std${after}`,
  );
}

/** `sqrt(sum(x**2, dim))` is a vector norm, whose gradient torch defines as 0 for a zero vector. */
function asVectorNorm(site: OperationSite, operand: SiteOperand, model: SemanticModel): LocalFix | undefined {
  const { expr } = operand;
  const torch = model.nameFor('torch');
  if (site.framework !== 'torch' || torch === undefined || expr.kind !== 'Call') return undefined;
  const origin = asQuantity(operand.value).origin;
  if (origin?.operation !== 'sum' || origin.node !== expr || !origin.operand) return undefined;
  const base = baseOfSquare(model, site.segment, origin.operand);
  if (!base) return undefined;
  const isMethod = origin.callee.kind === 'method';
  const args = normArguments(site.segment, isMethod ? expr.args : expr.args.slice(1));
  if (args === undefined) return undefined;
  return replaceSite(
    site,
    'Use torch.linalg.vector_norm: the same value, with a gradient of 0 for a zero vector',
    'safe',
    `${torch}.linalg.vector_norm(${[sourceOf(site.segment, base), ...args].join(', ')})`,
  );
}

function baseOfSquare(model: SemanticModel, segment: Segment, square: Expr): Expr | undefined {
  if (square.kind === 'Binary' && square.operator === '**')
    return square.right.kind === 'Number' && square.right.value === 2 ? square.left : undefined;
  if (square.kind !== 'Call') return undefined;
  const { origin } = asQuantity(model.valueOf(segment, square));
  if (origin?.node !== square) return undefined;
  if (origin.operation === 'square') return origin.operand;
  const exponent = square.args.at(-1)?.value;
  return origin.operation === 'power' && exponent?.kind === 'Number' && exponent.value === 2
    ? origin.operand
    : undefined;
}

const NORM_KEYWORDS: Readonly<Record<string, string>> = {
  dim: 'dim',
  axis: 'dim',
  keepdim: 'keepdim',
  keepdims: 'keepdim',
};

/** Arguments of a sum as those of vector_norm, or undefined where one has no counterpart there. */
function normArguments(segment: Segment, args: readonly Argument[]): string[] | undefined {
  const texts: string[] = [];
  let isFirst = true;
  for (const arg of args) {
    const positional = isFirst ? 'dim' : undefined;
    const name = arg.keyword === undefined ? positional : NORM_KEYWORDS[arg.keyword];
    if (name === undefined || arg.unpack !== '') return undefined;
    texts.push(`${name}=${sourceOf(segment, arg.value)}`);
    isFirst = false;
  }
  return texts;
}

// ---------------------------------------------------------------- above 0

/** `sqrt(x.clamp(min=0))`: the bound itself is what is wrong. */
export function raisedClamp(site: OperationSite, operand: SiteOperand): LocalFix | undefined {
  const value = asQuantity(operand.value);
  const call = operand.expr;
  if (call.kind !== 'Call' || value.origin?.node !== call) return undefined;
  if (value.origin.operation !== 'clamp' && value.origin.operation !== 'maximum') return undefined;
  const bound = call.args.find(
    ({ keyword, value: arg }) =>
      arg.kind === 'Number' && arg.value === 0 && (keyword === undefined || /^(a_|x_)?min|_min$/.test(keyword)),
  );
  if (!bound) return undefined;
  const epsilon = epsilonFor(site, value);
  return {
    title: `Clamp at ${epsilon} instead of 0`,
    safety: 'unsafe',
    edits: [{ segment: site.segment, span: outerSpan(bound.value), text: epsilon }],
  };
}

/** An epsilon inside the root, and a clamp for those who want the other values left exactly as they are. */
function aboveZero(site: OperationSite, operand: SiteOperand, model: SemanticModel): LocalFix[] {
  const { segment } = site;
  const { expr } = operand;
  const value = asQuantity(operand.value);
  const isWhole = site.form === 'function';
  const epsilon = kerasEpsilon(site, model) ?? epsilonFor(site, value);
  const replace = (title: string, text: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span: isWhole ? expr : outerSpan(expr), text }],
  });
  const text = sourceOf(segment, expr);
  const atom = isPrimary(expr) ? text : `(${text})`;
  if (site.inPlace) return [replace(`Add ${epsilon} first`, `${atom}.add_(${epsilon})`)];
  const isLoose =
    expr.kind === 'Conditional' || expr.kind === 'Lambda' || expr.kind === 'Compare' || expr.kind === 'Bool';
  const sum = `${isLoose ? `(${text})` : text} + ${epsilon}`;
  const fixes = [replace(`Add ${epsilon} inside the root`, isWhole ? sum : `(${sum})`)];
  const clamp = clampedAt(site, text, atom, epsilon, model);
  if (clamp !== undefined && value.origin?.operation !== 'clamp') fixes.push(replace(`Clamp at ${epsilon}`, clamp));
  return fixes;
}

/** Where `maximum` lives, outside torch. */
const MAXIMUM_HOME: Readonly<Record<string, string>> = {
  jax: 'jax.numpy',
  numpy: 'numpy',
  tensorflow: 'tensorflow',
};

/** The operand, not below a bound, in the words of its framework. */
export function clampedAt(
  site: OperationSite,
  text: string,
  atom: string,
  bound: string,
  model: SemanticModel,
): string | undefined {
  if (site.framework === 'torch') return `${atom}.${site.inPlace ? 'clamp_' : 'clamp'}(min=${bound})`;
  if (site.framework === 'python') return `max(${text}, ${bound})`;
  const home = MAXIMUM_HOME[site.framework] ?? kerasHome(site);
  const name = model.nameFor(home);
  // TensorFlow wants both sides of one dtype.
  const isWhole = bound === '0' && site.framework !== 'numpy' && site.framework !== 'jax';
  return name === undefined ? undefined : `${name}.maximum(${text}, ${isWhole ? '0.0' : bound})`;
}

/** Lifts what may be negative: to 0 where only the value counts, else to what keeps the gradient finite too. */
export function liftedFixes(
  site: OperationSite,
  operand: SiteOperand,
  isAboveZero: boolean,
  model: SemanticModel,
): LocalFix[] {
  const { segment } = site;
  const { expr } = operand;
  // Of `x **= 0.5` the operand is what is assigned to.
  if (site.node.kind === 'AugAssign') return [];
  const bound = isAboveZero ? (kerasEpsilon(site, model) ?? epsilonFor(site, asQuantity(operand.value))) : '0';
  const text = sourceOf(segment, expr);
  const lifted = clampedAt(site, text, isPrimary(expr) ? text : `(${text})`, bound, model);
  if (lifted === undefined) return [];
  const span = site.form === 'function' ? expr : outerSpan(expr);
  return [{ title: `Clamp at ${bound}`, safety: 'unsafe', edits: [{ segment, span, text: lifted }] }];
}

function kerasHome(site: OperationSite): string {
  return site.name.slice(0, Math.max(0, site.name.lastIndexOf('.')));
}

/** The backend has an epsilon of its own; `keras.ops` has none. */
export function kerasEpsilon(site: OperationSite, model: SemanticModel): string | undefined {
  const home = kerasHome(site);
  const name = home === 'keras.backend' ? model.nameFor(home) : undefined;
  return name === undefined ? undefined : `${name}.epsilon()`;
}

export function isPrimary(expr: Expr): boolean {
  return expr.kind === 'Name' || expr.kind === 'Attribute' || expr.kind === 'Subscript' || expr.kind === 'Call';
}

// ---------------------------------------------------------------- norms and deviations outside torch

interface SpelledOut {
  readonly sqrt: string;
  readonly reduced: string;
}

/** `norm(x, axis)` as `sqrt(sum(square(x), axis) + eps)`, `std` as `sqrt(var + eps)`: a place for the epsilon. */
export function spelledOutRoot(site: OperationSite, operand: SiteOperand, model: SemanticModel): LocalFix[] {
  if (site.node.kind !== 'Call' || site.form !== 'function') return [];
  const spelled =
    site.operation === 'norm' ? normSpelled(site, site.node, operand, model) : stdSpelled(site, site.node);
  if (!spelled) return [];
  const epsilon = kerasEpsilon(site, model) ?? epsilonFor(site, asQuantity(operand.value));
  return [
    replaceSite(
      site,
      `Spell it out, with ${epsilon} inside the root`,
      'unsafe',
      `${spelled.sqrt}(${spelled.reduced} + ${epsilon})`,
    ),
  ];
}

function normSpelled(
  site: OperationSite,
  call: CallExpr,
  operand: SiteOperand,
  model: SemanticModel,
): SpelledOut | undefined {
  const [home, sum] = NORM_PARTS[site.framework] ?? [];
  const name = home === undefined ? undefined : model.nameFor(site.framework === 'keras' ? kerasHome(site) : home);
  if (name === undefined) return undefined;
  const texts = [`${name}.square(${sourceOf(site.segment, operand.expr)})`];
  for (const arg of call.args) {
    if (arg.value === operand.expr) continue;
    if (arg.keyword === 'ord') continue;
    if (arg.keyword !== 'axis' && arg.keyword !== 'keepdims') return undefined;
    texts.push(`${arg.keyword}=${sourceOf(site.segment, arg.value)}`);
  }
  return { sqrt: `${name}.sqrt`, reduced: `${name}.${sum}(${texts.join(', ')})` };
}

/** Where square and sqrt live, and what the sum is called there. */
const NORM_PARTS: Readonly<Record<string, readonly [home: string, sum: string]>> = {
  jax: ['jax.numpy', 'sum'],
  tensorflow: ['tensorflow', 'reduce_sum'],
  keras: ['keras.ops', 'sum'],
};

function stdSpelled(site: OperationSite, call: CallExpr): SpelledOut | undefined {
  const { callee } = call;
  if (callee.kind !== 'Attribute') return undefined;
  const variance = callee.name.replace(/std$/, site.framework === 'tensorflow' ? 'variance' : 'var');
  if (variance === callee.name) return undefined;
  const { text } = site.segment;
  const home = text.slice(callee.start, callee.nameSpan.start);
  // In TensorFlow reduce_std lives in tf.math, which has a sqrt too; K and jnp have all in one place.
  return { sqrt: `${home}sqrt`, reduced: `${home}${variance}${text.slice(callee.nameSpan.end, call.end)}` };
}
