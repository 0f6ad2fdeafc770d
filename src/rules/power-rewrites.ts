// Fixes of a power whose base can be 0 or below it: a bound, an epsilon, or the power of the magnitude with the sign kept.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity } from '../semantic/value';
import { type Expr, outerSpan } from '../syntax/ast';
import { isCount } from './denominator-fixes';
import { clampedAt, epsilonFor, isPrimary, kerasEpsilon, raisedClamp } from './root-rewrites';
import { type LocalFix, sourceOf } from './rule';

/** Lifts a base that may be below 0: above 0, since no power that is a fraction has a gradient at 0 that is finite. */
export function liftedBase(
  site: OperationSite,
  base: SiteOperand,
  n: number | undefined,
  model: SemanticModel,
): LocalFix[] {
  const bound = boundFor(site, base, n, model);
  return replacements(site, base, [[`Clamp at ${bound}`, clamped(site, base, bound, model)]]);
}

/** Keeps a base that is not below 0 off 0: what was its clamp at 0, a clamp, an epsilon; a count at 1. */
export function baseAboveZero(
  site: OperationSite,
  base: SiteOperand,
  n: number | undefined,
  model: SemanticModel,
): LocalFix[] {
  const value = asQuantity(base.value);
  if (n !== undefined && n < 0 && isCount(value))
    return replacements(site, base, [['Clamp at 1', clamped(site, base, '1', model)]]);
  const bound = boundFor(site, base, n, model);
  const raised = n === undefined || n > 0 ? raisedClamp(site, base) : undefined;
  if (raised) return [raised];
  const text = sourceOf(site.segment, base.expr);
  const isWhole = site.form === 'function';
  const sum = base.expr.kind === 'Binary' || isPrimary(base.expr) ? `${text} + ${bound}` : `(${text}) + ${bound}`;
  const added = site.inPlace ? undefined : isWhole ? sum : `(${sum})`;
  return replacements(site, base, [
    [`Clamp at ${bound}`, clamped(site, base, bound, model)],
    [`Add ${bound} to the base`, added],
  ]);
}

/** `sign(x) * |x| ** n`: the odd root of a value that has either sign. */
export function signKept(site: OperationSite, base: SiteOperand, exponent: Expr, model: SemanticModel): LocalFix[] {
  const { segment, node } = site;
  if (site.inPlace || node.kind === 'AugAssign' || !isPrimary(base.expr) || base.expr.kind === 'Call') return [];
  const x = sourceOf(segment, base.expr);
  const bound = epsilonFor(site, asQuantity(base.value));
  const parts = magnitude(site, x, bound, model);
  if (!parts) return [];
  const bare = sourceOf(segment, exponent);
  const n = isPrimary(exponent) || exponent.kind === 'Number' ? bare : `(${bare})`;
  const text = `${parts.sign} * ${parts.magnitude} ** ${n}`;
  const parent = model.parentOf(segment, node);
  const isAlone = parent?.kind === 'Assign' || parent?.kind === 'Return';
  const edit = { segment, span: outerSpan(node as Expr), text: isAlone ? text : `(${text})` };
  return [{ title: 'Keep the sign, and take the power of the magnitude', safety: 'unsafe', edits: [edit] }];
}

const HOMES: Readonly<Record<string, string>> = { jax: 'jax.numpy', numpy: 'numpy', tensorflow: 'tensorflow' };

function magnitude(
  site: OperationSite,
  x: string,
  bound: string,
  model: SemanticModel,
): { readonly sign: string; readonly magnitude: string } | undefined {
  if (site.framework === 'torch') return { sign: `${x}.sign()`, magnitude: `${x}.abs().clamp(min=${bound})` };
  const home = HOMES[site.framework];
  const name = home === undefined ? undefined : model.nameFor(home);
  if (name === undefined) return undefined;
  return { sign: `${name}.sign(${x})`, magnitude: `${name}.maximum(${name}.abs(${x}), ${bound})` };
}

/** Small enough for the value, and large enough that neither the power nor its slope overflows there. */
function boundFor(site: OperationSite, base: SiteOperand, n: number | undefined, model: SemanticModel): string {
  const value = asQuantity(base.value);
  const smallest = epsilonFor(site, value);
  if (n !== undefined && n < 0) return smallest === '1e-12' ? '1e-6' : '1e-4';
  return kerasEpsilon(site, model) ?? smallest;
}

function clamped(site: OperationSite, { expr }: SiteOperand, bound: string, model: SemanticModel): string | undefined {
  const text = sourceOf(site.segment, expr);
  return clampedAt(site, text, isPrimary(expr) ? text : `(${text})`, bound, model);
}

function replacements(
  site: OperationSite,
  { expr }: SiteOperand,
  texts: readonly (readonly [title: string, text: string | undefined])[],
): LocalFix[] {
  // Of `x **= 0.3` the base is what is assigned to.
  if (site.node.kind === 'AugAssign') return [];
  const span = site.form === 'function' ? expr : outerSpan(expr);
  return texts.flatMap(([title, text]) =>
    text === undefined ? [] : [{ title, safety: 'unsafe' as const, edits: [{ segment: site.segment, span, text }] }],
  );
}
