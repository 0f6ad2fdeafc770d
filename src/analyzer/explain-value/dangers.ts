// At which operands the operation that makes a value breaks, as the rules judge it.

import { workingDType } from '../../semantic/derive';
import { expOverflow } from '../../semantic/dtype';
import type { SegmentAnalysis } from '../../semantic/model';
import type { OperationSite } from '../../semantic/operation-site';
import { breakdown, isExponential } from '../../semantic/poles';
import { asQuantity } from '../../semantic/value';
import type { Node } from '../../syntax/ast';
import type { Danger } from './explanation';
import { shownSource } from './shown-source';

const LOGARITHM = /^(?:log|log2|log10|xlogy)$/;
const POLE_AT_ZERO = /^(?:divide|reciprocal|rsqrt|power)$/;

/** @param node what makes the value */
export function dangersOf(analysis: SegmentAnalysis, node: Node): Danger[] {
  const site = analysis.sites.find((one) => one.node === node);
  const danger = site && dangerOf(site, analysis.segment.text);
  return danger ? [danger] : [];
}

function dangerOf(site: OperationSite, source: string): Danger | undefined {
  const broken = breakdown(site, true);
  if (!broken || broken.reach === 0) return undefined;
  const { expr, value } = broken.operand;
  const operand = shownSource(source, expr);
  const { range } = asQuantity(value);
  const goesBelow = range.lo < 0 && range.reachesLo > 0;
  if (isExponential(site.operation)) {
    const above = expOverflow(workingDType(asQuantity(value)));
    return { effect: 'infinite', operand, when: 'large', above };
  }
  if (LOGARITHM.test(site.operation)) {
    return goesBelow ? { effect: 'nan', operand, when: 'negative' } : { effect: 'infinite', operand, when: 'zero' };
  }
  if (goesBelow && /^r?sqrt$/.test(site.operation)) return { effect: 'nan', operand, when: 'negative' };
  if (broken.breaksValue) {
    const when = POLE_AT_ZERO.test(site.operation) && !goesBelow ? 'zero' : 'at the end of its domain';
    return { effect: 'not finite', operand, when };
  }
  if (site.framework === 'numpy' || site.framework === 'python' || !site.gradient) return undefined;
  const when = site.operation === 'sqrt' || site.operation === 'power' ? 'zero' : 'at the end of its domain';
  return { effect: 'gradient', operand, when };
}
