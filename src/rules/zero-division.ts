// Divisions whose denominator can be 0 while nobody looks after what comes of it: what several rules ask.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity, literalNumber, type Quantity } from '../semantic/value';
import { isCaredFor } from './afterwards';
import { takesGradients } from './gradient-flow';
import { isRangeOfWholeColumn } from './whole-columns';
import { type ZeroDenominator, zeroDenominator } from './zero-denominator';

export function hasDivisor({ operation }: OperationSite): boolean {
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
  if (isMended && isCaredFor(model, site.segment, site.node)) return undefined;
  const isUnlikely = zero.confidence === 'likely' && isRangeOfWholeColumn(model, site.segment, denominator);
  return { denominator, zero: isUnlikely ? { ...zero, confidence: 'possible' } : zero };
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
