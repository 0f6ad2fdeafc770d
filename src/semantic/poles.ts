// What an operation cannot bear: operands at which its value is infinite or NaN, or its gradient is.

import { workingDType } from './derive';
import { expOverflow } from './dtype';
import type { Breakdown, OperationSite, SiteOperand } from './operation-site';
import * as R from './range';
import { asQuantity, literalNumber } from './value';

interface Domain {
  /** Below or above of this the value is NaN, though the gradient is finite. */
  readonly valueLo?: number;
  readonly valueHi?: number;
  /** Points at which the function or its derivative is infinite. */
  readonly poles: readonly number[];
  /** Outside of these ends both are NaN. */
  readonly lo?: number;
  readonly hi?: number;
  /** At the poles the value itself is finite. */
  readonly bearsPoles?: true;
}

/** Below their pole, logarithms have no value, but a gradient that is finite: 0 times it is 0. */
const DOMAINS: Readonly<Record<string, Domain>> = {
  log: { poles: [0], valueLo: 0 },
  log2: { poles: [0], valueLo: 0 },
  log10: { poles: [0], valueLo: 0 },
  log1p: { poles: [-1], valueLo: -1 },
  logit: { poles: [0, 1], lo: 0, hi: 1 },
  reciprocal: { poles: [0] },
  divide: { poles: [0] },
  xlogy: { poles: [0], valueLo: 0 },
  sqrt: { poles: [0], lo: 0, bearsPoles: true },
  rsqrt: { poles: [0], lo: 0 },
  acos: { poles: [-1, 1], lo: -1, hi: 1, bearsPoles: true },
  asin: { poles: [-1, 1], lo: -1, hi: 1, bearsPoles: true },
  acosh: { poles: [1], lo: 1, bearsPoles: true },
  atanh: { poles: [-1, 1], valueLo: -1, valueHi: 1 },
  erfinv: { poles: [-1, 1], lo: -1, hi: 1 },
};

const BY_Y: ReadonlySet<string> = new Set(['divide', 'xlogy']);

export function isExponential(operation: string): boolean {
  return operation === 'exp' || operation === 'expm1' || operation === 'sinh';
}

/** What breaks here, if something speaks for it; a value that is NaN with a finite gradient only where that counts. */
export function breakdown(site: OperationSite, countsValue = false): Breakdown | undefined {
  const operand = site.operands.get(BY_Y.has(site.operation) ? 'y' : 'x');
  if (operand?.value.kind !== 'quantity') return undefined;
  const value = asQuantity(operand.value);
  if (isExponential(site.operation)) {
    // Both sides of a hyperbolic function grow.
    const r = site.operation === 'sinh' ? R.even(value.range, Math.abs, 0) : value.range;
    const overflow = expOverflow(workingDType(value));
    return r.hi > overflow ? { operand, reach: r.reachesHi, breaksValue: true, isCertain: r.lo > overflow } : undefined;
  }
  const domain = site.operation === 'power' ? powerDomain(site) : DOMAINS[site.operation];
  return domain && outside(operand, value.range, countsValue ? withValue(domain) : domain);
}

/** A root that is 0 has an infinite gradient; so have the norm and the deviation, where the library does not define it. */
export function isRootAtZero(site: OperationSite): boolean {
  if (site.operation === 'sqrt') return true;
  return (site.operation === 'norm' || site.operation === 'deviation') && site.framework !== 'torch';
}

/** `x ** p`: infinite at 0 for p < 0, with an infinite gradient there for p < 1; NaN below 0 where p is no whole number. */
function powerDomain(site: OperationSite): Domain | undefined {
  const exponent = literalNumber(site.operands.get('y')?.value);
  if (exponent === undefined || exponent === 0) return undefined;
  const poles = exponent < 1 ? [0] : [];
  return {
    poles,
    ...(Number.isInteger(exponent) ? {} : { lo: 0 }),
    ...(exponent > 0 ? { bearsPoles: true as const } : {}),
  };
}

function withValue(domain: Domain): Domain {
  const { valueLo, valueHi } = domain;
  return {
    ...domain,
    ...(valueLo === undefined ? {} : { lo: valueLo }),
    ...(valueHi === undefined ? {} : { hi: valueHi }),
  };
}

function outside(operand: SiteOperand, r: R.Range, domain: Domain): Breakdown | undefined {
  const { lo = Number.NEGATIVE_INFINITY, hi = Number.POSITIVE_INFINITY } = domain;
  if (r.hi < lo || r.lo > hi) return { operand, reach: 1, breaksValue: true, isCertain: true };
  const beyond: R.Reach = Math.max(r.lo < lo ? r.reachesLo : 0, r.hi > hi ? r.reachesHi : 0) as R.Reach;
  const atPole = Math.max(...domain.poles.map((pole) => reachOf(r, pole)), 0) as R.Reach;
  const reach: R.Reach = beyond > atPole ? beyond : atPole;
  if (reach === 0) return undefined;
  const isCertain = R.isConstant(r);
  return { operand, reach, breaksValue: beyond > 0 || !domain.bearsPoles, isCertain };
}

function reachOf(r: R.Range, pole: number): R.Reach {
  if (pole === 0) return R.reachOfZero(r) ?? 0;
  if (r.lo === pole && r.hi === pole) return Math.max(r.reachesLo, r.reachesHi) as R.Reach;
  if (r.lo === pole) return r.reachesLo;
  return r.hi === pole ? r.reachesHi : 0;
}

/** Whether nothing rules out that an operation of its kind breaks here; what is unknown does not. */
export function mayBreak(site: OperationSite): boolean {
  const operand = site.operands.get(BY_Y.has(site.operation) ? 'y' : 'x');
  if (operand?.value.kind !== 'quantity' || isExponential(site.operation)) return false;
  const domain = site.operation === 'power' ? powerDomain(site) : DOMAINS[site.operation];
  if (!domain) return false;
  const { range } = operand.value;
  const { lo = Number.NEGATIVE_INFINITY, hi = Number.POSITIVE_INFINITY } = domain;
  if (range.lo < lo || range.hi > hi) return true;
  return domain.poles.some((pole) => range.lo <= pole && pole <= range.hi && !(pole === 0 && R.excludesZero(range)));
}
