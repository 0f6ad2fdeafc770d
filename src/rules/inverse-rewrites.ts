// Fixes of an inverse function at the end of its domain: an operand that is kept inside, in its dtype.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, literalNumber } from '../semantic/value';
import { type Expr, outerSpan, type Segment } from '../syntax/ast';
import { type LocalEdit, type LocalFix, sourceOf } from './rule';

interface Bounds {
  /** Source of the lower and the upper bound; no upper one for `acosh`. */
  readonly low: string;
  readonly high: string | undefined;
  readonly label: string;
}

/** Clamps the operand: to the ends themselves where only the value counts, else to a little inside of them. */
export function insideDomain(
  site: OperationSite,
  operand: SiteOperand,
  flows: boolean,
  model: SemanticModel,
): LocalFix[] {
  const bounds = boundsFor(site, operand, flows);
  const tightened = tightenClamp(site, operand.expr, bounds, model);
  const edits = tightened ?? wrap(site, operand.expr, bounds, model);
  return edits ? [{ title: `Clamp ${bounds.label}`, safety: 'unsafe', edits }] : [];
}

function boundsFor(site: OperationSite, operand: SiteOperand, flows: boolean): Bounds {
  const isExact = !flows && site.operation !== 'atanh' && site.operation !== 'erfinv';
  if (isExact) {
    if (site.operation === 'acosh') return { low: '1', high: undefined, label: 'at 1' };
    return { low: '-1', high: '1', label: 'to -1 and 1' };
  }
  const eps = epsilon(site, operand);
  if (site.operation === 'acosh') return { low: `1 + ${eps}`, high: undefined, label: `at 1 + ${eps}` };
  return { low: `-1 + ${eps}`, high: `1 - ${eps}`, label: `to ±(1 - ${eps})` };
}

/** The numbers beside 1 are 5e-4 apart in float16 and 4e-3 in bfloat16, 6e-8 in float32. */
function epsilon(site: OperationSite, operand: SiteOperand): string {
  const { dtype, autocast } = asQuantity(operand.value);
  const half = dtype ?? (autocast ?? site.autocast)?.dtype;
  if (half === 'bfloat16') return '1e-2';
  return half === 'float16' ? '1e-3' : '1e-6';
}

/** An operand that is a clamp to ±1 already gets new bounds. */
function tightenClamp(
  site: OperationSite,
  expr: Expr,
  { low, high }: Bounds,
  model: SemanticModel,
): LocalEdit[] | undefined {
  const { segment } = site;
  if (expr.kind !== 'Call' || high === undefined) return undefined;
  const { origin } = asQuantity(model.valueOf(segment, expr));
  if (origin?.node !== expr || origin.operation !== 'clamp') return undefined;
  const edits: LocalEdit[] = [];
  for (const { value } of expr.args) {
    const bound = literalNumber(model.valueOf(segment, value));
    if (bound === -1) edits.push({ segment, span: value, text: low });
    else if (bound === 1) edits.push({ segment, span: value, text: high });
  }
  return edits.length === 2 ? edits : undefined;
}

function wrap(site: OperationSite, expr: Expr, { low, high }: Bounds, model: SemanticModel): LocalEdit[] | undefined {
  const { segment } = site;
  const text = sourceOf(segment, expr);
  const call = clampCall(site, isAtom(expr) ? text : `(${text})`, text, low, high, model);
  if (call === undefined) return undefined;
  return [{ segment, span: isArgument(segment, expr) ? expr : outerSpan(expr), text: call }];
}

function clampCall(
  site: OperationSite,
  atom: string,
  text: string,
  low: string,
  high: string | undefined,
  model: SemanticModel,
): string | undefined {
  const call = (home: string, clip: string, maximum: string): string | undefined => {
    const name = model.nameFor(home);
    if (name === undefined) return undefined;
    return high === undefined ? `${name}.${maximum}(${text}, ${low})` : `${name}.${clip}(${text}, ${low}, ${high})`;
  };
  switch (site.framework) {
    case 'torch':
      return high === undefined ? `${atom}.clamp(min=${low})` : `${atom}.clamp(${low}, ${high})`;
    case 'numpy':
      return call('numpy', 'clip', 'maximum');
    case 'jax':
      return call('jax.numpy', 'clip', 'maximum');
    case 'tensorflow':
      return call('tensorflow', 'clip_by_value', 'maximum');
    case 'keras':
      return call(site.name.slice(0, site.name.lastIndexOf('.')), 'clip', 'maximum');
    case 'python':
      return high === undefined ? `max(${text}, ${low})` : `max(${low}, min(${high}, ${text}))`;
  }
}

/** Binds at least as tight as a method call beside it. */
function isAtom(expr: Expr): boolean {
  return expr.kind === 'Name' || expr.kind === 'Attribute' || expr.kind === 'Subscript' || expr.kind === 'Call';
}

/** Whether the parentheses around the operand are the call's own. */
function isArgument(segment: Segment, expr: Expr): boolean {
  return expr.outer === undefined || segment.text[expr.outer.start] !== '(';
}
