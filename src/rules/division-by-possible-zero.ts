// NAN102: a division whose denominator can be 0 on real data.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, literalNumber, type Quantity } from '../semantic/value';
import { isCaredFor } from './afterwards';
import { denominatorFixes } from './denominator-fixes';
import { takesGradients } from './gradient-flow';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { dividesNumbers, type ZeroDenominator, type ZeroKind, zeroDenominator } from './zero-denominator';

export const rule: Rule = {
  code: 'NAN102',
  name: 'division-by-possible-zero',
  severity: 'warning',
  summary: 'A division by a standard deviation, norm, count, mask sum or range that can be 0.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax', 'pytensor', 'theano'],
  fixable: 'unsafe',
  yieldsTo: ['NAN103', 'NAN109', 'NAN202', 'NAN301', 'NAN704'],
  docs: {
    what: 'Finds divisions, `reciprocal` and `rsqrt` whose denominator is a tensor that real data takes to 0: a standard deviation, a norm, a sum of a mask, a count, `max - min`, or a value that the model shows to reach 0.',
    why: 'In a tensor, x / 0 is Inf and 0 / 0 is NaN, without an error. One constant feature, one zero vector or one fully padded row is enough, and the next step carries it into every weight.',
    remedy:
      'Keep the denominator above 0: clamp a count at 1, add an epsilon to a standard deviation, use `F.normalize` for unit vectors.',
    bad: `import torch


def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum()
`,
    good: `import torch


def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum().clamp(min=1)
`,
  },
  on: { operations: { names: ['divide', 'reciprocal', 'rsqrt', 'addcdiv'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const division = divisionByZero(site, context.model);
  if (!division) return;
  const { denominator, zero } = division;
  const { segment } = site;
  const { expr } = denominator;
  context.report({
    segment,
    span: hasDivisor(site) ? expr : site.node,
    confidence: zero.confidence,
    message: message(site, asQuantity(denominator.value), oneLine(sourceOf(segment, expr), 50), zero),
    related: zero.related,
    fixes: denominatorFixes(site, denominator, zero, context.model),
  });
}

function hasDivisor({ operation }: OperationSite): boolean {
  return operation === 'divide' || operation === 'addcdiv';
}

export interface DivisionByZero {
  readonly denominator: SiteOperand;
  readonly zero: ZeroDenominator;
}

/** The denominator of a division that can be 0 while nobody looks after what comes of it. */
export function divisionByZero(site: OperationSite, model: SemanticModel): DivisionByZero | undefined {
  const denominator = site.operands.get(hasDivisor(site) ? 'y' : 'x');
  // np.divide(a, b, where=b != 0) leaves the others alone.
  if (denominator?.value.kind !== 'quantity' || site.operands.has('where')) return undefined;
  const zero = zeroDenominator(site, denominator, model);
  if (!zero) return undefined;
  // Odds that are replaced at 0 and 1 are those of fixed positions.
  const isMended = zero.kind === 'odds' || !hasGradient(site, denominator.value, model);
  return isMended && isCaredFor(model, site.segment, site.node) ? undefined : { denominator, zero };
}

/**
 * Whether a gradient is known to flow through the quotient: what replaces its NaN afterwards mends the value, and 0 times
 * an infinite slope is NaN again.
 */
function hasGradient(site: OperationSite, denominator: Quantity, model: SemanticModel): boolean {
  if (!site.gradient || site.framework === 'numpy' || site.framework === 'python') return false;
  if (takesGradients(model.enclosingFunction(site.segment, site.node))) return false;
  const numerator = asQuantity(site.operands.get('x')?.value);
  // One by the degrees of a graph: numbers that are not learned.
  if (literalNumber(numerator) !== undefined) return false;
  return [numerator, denominator].some(carriesGradient);
}

/** A result of layers or of sums of them, not a count, a mask or a number. */
function carriesGradient(value: Quantity): boolean {
  if (value.gradient === false || value.holder !== 'tensor') return false;
  if (value.dtype === 'integer' || value.dtype === 'bool') return false;
  return value.role === undefined || value.role === 'logits' || value.role === 'loss';
}

/** When the denominator is 0. */
const WHEN: Readonly<Record<ZeroKind, string>> = {
  zero: '',
  deviation: 'when all values are equal',
  norm: 'for a zero vector',
  count: 'when nothing is counted',
  length: 'for an empty sequence',
  spread: 'when all values are equal',
  sum: 'when all that is summed is 0, or cancels',
  mean: 'when nothing is selected',
  difference: 'where both sides are equal',
  relu: 'for every negative input',
  magnitudes: 'where all of it is 0',
  squares: 'where what is squared is 0',
  root: 'where what is under the root is 0',
  underflow: 'where its exponent is far below 0',
  function: 'for an input of 0',
  fallback: 'when an entry is missing',
  filter: 'when the condition lets nothing through',
  counter: 'when nothing has been counted',
  initial: 'until the first update',
  setting: 'where it is switched off',
  'own element': 'like any other element',
  'own extreme': 'when all elements are 0',
  'own part': 'when all its parts are 0, the numerator too',
  odds: 'when what is taken off is 1',
  'ratio to itself': 'and the numerator with it',
  unknown: '',
};

function message(site: OperationSite, value: Quantity, text: string, { kind, confidence }: ZeroDenominator): string {
  const isScalar = dividesNumbers(site, value);
  const when = WHEN[kind] === '' ? '' : ` ${WHEN[kind]}`;
  const state =
    kind === 'zero'
      ? `\`${text}\` is 0`
      : confidence === 'possible'
        ? `Nothing shows that \`${text}\` is not 0`
        : `\`${text}\` can be 0${when}`;
  const result = isScalar ? 'dividing by it raises ZeroDivisionError' : 'dividing by it gives Inf or NaN';
  const advice = isScalar
    ? 'Ask for it first.'
    : kind === 'count' && value.role !== 'mask'
      ? 'Clamp it at 1.'
      : value.range.lo === 0
        ? 'Keep it above 0, by a clamp or an epsilon.'
        : 'Keep it off 0; an epsilon does not, where it has either sign.';
  return `${state}, and ${result}. ${advice}`;
}
