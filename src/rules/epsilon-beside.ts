// An epsilon added to a logarithm, a root, a quotient or a reciprocal, instead of to its operand.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { mayBreak } from '../semantic/poles';
import { asQuantity, literalNumber, type Quantity } from '../semantic/value';
import { type Expr, outerSpan, type Segment } from '../syntax/ast';
import { isEpsilon } from './epsilons';
import { isInTraining, isMadeOfInput, passesGradient, receivesGradient } from './gradient-flow';
import { poleUses } from './pole-uses';
import { isDifference, zeroEvidence } from './root-evidence';
import { spelledOutRoot } from './root-rewrites';
import { type LocalFix, oneLine, type Report, sourceOf } from './rule';
import { type SitesByNode, sitesByNode } from './sites';
import { isInside } from './statements';

/** `log(x) + eps` and its kin. */
export function besideHazard(sum: OperationSite, model: SemanticModel, sites: SitesByNode): Report | undefined {
  const { segment } = sum;
  const [x, y] = [sum.operands.get('x'), sum.operands.get('y')];
  if (!x || !y) return undefined;
  const [guarded, epsilon] = isEpsilon(model, segment, y.expr)
    ? [x, y]
    : isEpsilon(model, segment, x.expr)
      ? [y, x]
      : [];
  if (!guarded || !epsilon) return undefined;
  const hazard = hazardAt(guarded, segment, model, sites);
  if (!hazard) return undefined;
  const harm = harmOf(hazard, sum, model);
  if (!harm) return undefined;
  const { site, operand } = hazard;
  const [whole, added] = [oneLine(sourceOf(segment, guarded.expr), 50), oneLine(sourceOf(segment, epsilon.expr), 30)];
  const text = oneLine(sourceOf(segment, operand.expr), 40);
  return {
    segment,
    span: sum.node,
    confidence: harm.isSure ? 'likely' : 'possible',
    message: `\`${added}\` is added to \`${whole}\`, not to what is inside: where \`${text}\` is 0, ${harm.result}. Add it to \`${text}\`.`,
    related: asQuantity(operand.value).because,
    fixes: moved(sum, guarded.expr, epsilon.expr, site, operand, model),
  };
}

interface Hazard {
  /** The operation beside the epsilon. */
  readonly site: OperationSite;
  readonly operand: SiteOperand;
  readonly kind: 'log' | 'root' | 'quotient' | 'norm';
}

const KINDS: Readonly<Record<string, Hazard['kind']>> = {
  log: 'log',
  log2: 'log',
  log10: 'log',
  sqrt: 'root',
  rsqrt: 'quotient',
  reciprocal: 'quotient',
  divide: 'quotient',
  norm: 'norm',
  deviation: 'norm',
};

function hazardAt(
  { expr, value }: SiteOperand,
  segment: Segment,
  model: SemanticModel,
  sites: SitesByNode,
): Hazard | undefined {
  if (expr.kind === 'Unary' && expr.operator === '-')
    return hazardAt({ expr: expr.operand, value }, segment, model, sites);
  const site = sites.get(expr);
  if (!site) return wrappedRoot(expr, asQuantity(value), segment, model);
  const operand = site.operands.get(site.operation === 'divide' ? 'y' : 'x');
  const kind = site.operation === 'power' ? kindOfPower(site) : own(KINDS, site.operation);
  return operand && kind && { site, operand, kind };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function kindOfPower(site: OperationSite): Hazard['kind'] | undefined {
  const exponent = literalNumber(site.operands.get('y')?.value);
  if (exponent === undefined) return undefined;
  return exponent < 0 ? 'quotient' : exponent < 1 ? 'root' : undefined;
}

/** A function of this file that takes the root of its argument, as the backends of Keras have one. */
function wrappedRoot(expr: Expr, { origin }: Quantity, segment: Segment, model: SemanticModel): Hazard | undefined {
  if (expr.kind !== 'Call' || expr.args.length !== 1 || origin?.operation !== 'sqrt') return undefined;
  const [argument] = expr.args;
  const site = sitesByNode(model, origin.segment).get(origin.node);
  if (!argument || argument.keyword !== undefined || !site) return undefined;
  return { site, operand: { expr: argument.value, value: model.valueOf(segment, argument.value) }, kind: 'root' };
}

interface Harm {
  readonly result: string;
  readonly isSure: boolean;
}

function harmOf({ site, operand, kind }: Hazard, sum: OperationSite, model: SemanticModel): Harm | undefined {
  const { segment, node } = sum;
  const uses = sum.node.kind === 'AugAssign' ? [] : poleUses(model, segment, sum.node as Expr);
  switch (kind) {
    case 'log':
      if (!isOpen(site, operand, model) || uses.length > 0) return undefined;
      return { result: 'the logarithm is still -inf', isSure: true };
    case 'quotient':
      // `log(a / b + eps)`: it is the logarithm that it guards.
      if (!isOpen(site, operand, model) || uses.length > 0) return undefined;
      return { result: 'the quotient is still Inf or NaN', isSure: true };
    default: {
      if (!passesGradient(site) || !receivesGradient(model, segment, node)) return undefined;
      const isSeen = kind === 'root' ? isZeroSeen(operand, segment, model) : isNormSeen(site, operand, model);
      if (isSeen === undefined) return undefined;
      return {
        result: 'the value is fine, but the gradient is infinite or NaN',
        isSure: isSeen && isInTraining(model, segment, node) && !isMadeOfInput(model, segment, operand.expr),
      };
    }
  }
}

/** Whether the operand may be at the pole, and nobody has put a guard there, too. */
function isOpen(site: OperationSite, operand: SiteOperand, model: SemanticModel): boolean {
  const { role, holder } = asQuantity(operand.value);
  if (!mayBreak(site) || role === 'size' || site.operands.has('where')) return false;
  // Python raises an error, and a number of the source is what it is.
  return holder !== 'scalar' && operand.expr.kind !== 'Number' && !isGuarded(operand.expr, site.segment, model);
}

function isGuarded(expr: Expr, segment: Segment, model: SemanticModel): boolean {
  return (
    expr.kind === 'Binary' &&
    expr.operator === '+' &&
    [expr.left, expr.right].some((side) => isEpsilon(model, segment, side))
  );
}

function isZeroSeen(operand: SiteOperand, segment: Segment, model: SemanticModel): boolean | undefined {
  if (zeroEvidence(model, segment, operand.expr)) return true;
  return asQuantity(operand.value).role === 'variance' ? true : undefined;
}

/** What is normalised before training, or is no more than a number there. */
const WITHOUT_GRADIENT = /adv|gae|return|reward|obs|target/i;

function isNormSeen(site: OperationSite, operand: SiteOperand, model: SemanticModel): boolean | undefined {
  if (site.framework === 'torch' || site.framework === 'numpy') return undefined;
  if (site.operation === 'norm') return isDifference(model, site.segment, operand.expr);
  return /std$/.test(site.name) ? !WITHOUT_GRADIENT.test(sourceOf(site.segment, operand.expr)) : undefined;
}

// ---------------------------------------------------------------- to where it belongs

function moved(
  sum: OperationSite,
  guarded: Expr,
  epsilon: Expr,
  site: OperationSite,
  operand: SiteOperand,
  model: SemanticModel,
): LocalFix[] {
  const { segment, node } = sum;
  if (node.kind === 'AugAssign') return [];
  if (site.operation === 'norm' || site.operation === 'deviation') return spelledOutRoot(site, operand, model);
  if (!isInside(operand.expr, guarded)) return [];
  const { start, end } = outerSpan(operand.expr);
  const text = segment.text;
  // A call's own parentheses stay; those around the operand alone are written anew.
  const isArgument = site.form === 'function' && site.node.kind === 'Call';
  const span = isArgument ? operand.expr : { start, end };
  const inner = `${loose(operand.expr) ? `(${sourceOf(segment, operand.expr)})` : sourceOf(segment, operand.expr)} + ${sourceOf(segment, epsilon)}`;
  const replaced =
    text.slice(guarded.start, span.start) + (isArgument ? inner : `(${inner})`) + text.slice(span.end, guarded.end);
  return [
    {
      title: `Add ${oneLine(sourceOf(segment, epsilon), 30)} to \`${oneLine(sourceOf(segment, operand.expr), 30)}\``,
      safety: 'unsafe',
      edits: [{ segment, span: { start: node.start, end: node.end }, text: replaced }],
    },
  ];
}

function loose({ kind }: Expr): boolean {
  return kind === 'Conditional' || kind === 'Lambda' || kind === 'Compare' || kind === 'Bool';
}
