// Clamps that come after the operation that breaks, and clamps whose result nobody takes.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { dottedName } from '../semantic/program';
import { reachOfZero } from '../semantic/range';
import { asQuantity, literalNumber } from '../semantic/value';
import type { Node, Segment } from '../syntax/ast';
import { denominatorFixes } from './denominator-fixes';
import { isInTraining, passesGradient, receivesGradient } from './gradient-flow';
import { keepAbovePole } from './log-rewrites';
import { zeroEvidence } from './root-evidence';
import { rootFixes } from './root-rewrites';
import { type LocalFix, oneLine, type Report, sourceOf } from './rule';
import type { SitesByNode } from './sites';
import { zeroDenominator } from './zero-denominator';

// ---------------------------------------------------------------- a clamp that nobody takes

/** `x.clamp(min=eps)` as a statement: it gives a new tensor, and leaves x as it is. */
export function droppedClamp(site: OperationSite, model: SemanticModel): Report | undefined {
  const { segment, node } = site;
  const statement = model.parentOf(segment, node);
  const operand = site.operands.get('x');
  if (statement?.kind !== 'ExprStmt' || node.kind !== 'Call' || !operand || site.inPlace) return undefined;
  const name = dottedName(operand.expr);
  if (name === undefined || node.args.some(({ keyword }) => keyword === 'out')) return undefined;
  // Other things have a method `clip`, and may do it in place.
  if (site.form === 'method' && !/^\.clamp/.test(site.name) && asQuantity(operand.value).holder !== 'tensor')
    return undefined;
  const holder = model.enclosingFunction(segment, node);
  // The last line of a notebook's cell shows what it gives.
  if (!holder || /raises|assertRaises/.test(sourceOf(segment, { start: holder.start, end: node.start }).slice(-200)))
    return undefined;
  if (!isReadAfter(segment.text.slice(node.end, holder.end), name)) return undefined;
  return {
    segment,
    span: node,
    confidence: 'proven',
    message: `\`${oneLine(sourceOf(segment, node), 50)}\` gives a new value, which nobody takes: \`${name}\` stays as it is. Assign the result.`,
    related: [],
    fixes: operand.expr.kind === 'Name' ? [assigned(segment, node, name)] : [],
  };
}

function isReadAfter(rest: string, name: string): boolean {
  return new RegExp(`(^|[^\\w.])${name.replace(/\./g, '\\.')}(?!\\w|\\s*=[^=])`).test(rest);
}

function assigned(segment: Segment, node: Node, name: string): LocalFix {
  const span = { start: node.start, end: node.start };
  return { title: `Assign it to \`${name}\``, safety: 'unsafe', edits: [{ segment, span, text: `${name} = ` }] };
}

// ---------------------------------------------------------------- a clamp after the hazard

/** A bound below which only logarithms of 0 are. */
const FAR_BELOW = -15;

/** `log(x).clamp(min=-100)`: a finite value, whose gradient is 0 times infinity. */
export function clampsAfterwards(clamp: OperationSite, model: SemanticModel, sites: SitesByNode): Report | undefined {
  const clamped = clamp.operands.get('x');
  const site = clamped && sites.get(clamped.expr);
  if (!site || !passesGradient(site) || !receivesGradient(model, clamp.segment, clamp.node)) return undefined;
  const found = lateFor(site, clamp, model);
  if (!found) return undefined;
  const { segment } = clamp;
  const operand = oneLine(sourceOf(segment, found.operand.expr), 40);
  const inner = oneLine(sourceOf(segment, site.node), 40);
  return {
    segment,
    span: clamp.node,
    confidence: found.isSure && isInTraining(model, segment, clamp.node) ? 'likely' : 'possible',
    message: `The clamp comes after \`${inner}\`: where \`${operand}\` is 0, ${found.result}. Keep \`${operand}\` off 0 instead.`,
    related: asQuantity(found.operand.value).because,
    fixes: found.fixes,
  };
}

interface Late {
  readonly operand: SiteOperand;
  readonly result: string;
  readonly isSure: boolean;
  readonly fixes: readonly LocalFix[];
}

const FINE_VALUE = 'its value is fine, but 0 times its infinite gradient is NaN';

function lateFor(site: OperationSite, clamp: OperationSite, model: SemanticModel): Late | undefined {
  const [x, y] = [site.operands.get('x'), site.operands.get('y')];
  switch (site.operation) {
    case 'log':
    case 'log2':
    case 'log10': {
      if (!x) return undefined;
      const value = asQuantity(x.value);
      const reach = reachOfZero(value.range);
      if (value.range.lo > 0 || reach === undefined) return undefined;
      const bound = literalNumber(clamp.operands.get(clamp.operation === 'clamp' ? 'min' : 'y')?.value);
      if (bound === undefined) return undefined;
      const isSure = (reach > 0 && !value.assumed) || bound <= FAR_BELOW;
      return { operand: x, result: FINE_VALUE, isSure, fixes: keepAbovePole(site, x, value, model) };
    }
    case 'divide': {
      const zero = y && zeroDenominator(site, y, model);
      if (!zero || zero.kind === 'zero' || zero.confidence === 'possible') return undefined;
      const result = 'the quotient is NaN before it is clamped, or its gradient is';
      return { operand: y, result, isSure: true, fixes: denominatorFixes(site, y, zero, model) };
    }
    case 'sqrt':
      return x && zeroEvidence(model, site.segment, x.expr)
        ? { operand: x, result: FINE_VALUE, isSure: true, fixes: rootFixes(site, x, model) }
        : undefined;
    default:
      return undefined;
  }
}
