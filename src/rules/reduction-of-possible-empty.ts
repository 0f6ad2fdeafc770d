// NAN108: a mean of no elements, or a sample deviation of one.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { dottedName } from '../semantic/program';
import type { Range } from '../semantic/range';
import { type Evidence, lengthOf, literalNumber, type Value } from '../semantic/value';
import type { Expr, FunctionDef, Node, Segment } from '../syntax/ast';
import { isCaredFor } from './afterwards';
import { sourcesOf } from './data-flow';
import { isFilledByOption } from './filled-lists';
import { emptyFixes, singleFixes } from './reduction-fixes';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { ancestors } from './statements';

export const rule: Rule = {
  code: 'NAN108',
  name: 'reduction-of-possible-empty',
  severity: 'warning',
  summary: 'A mean of what a mask selects or a condition lets through, or a sample deviation of a single value.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'jax'],
  fixable: 'unsafe',
  yieldsTo: ['NAN102'],
  docs: {
    what: 'Finds `mean`, `median`, `std` and `var` of elements that a mask selects or of a list that only a condition fills, which can be none; and sample deviations (`std` and `var` of PyTorch, `ddof=1` in NumPy) of what can be a single value: parameters of one element, the advantages of a minibatch.',
    why: 'The mean of nothing is 0 / 0, NaN, and the sample deviation of one value divides by n - 1 = 0. An epsilon behind it does not help, for NaN plus an epsilon is NaN.',
    remedy:
      'Ask how many elements there are first, divide a masked sum by the clamped count, or take the deviation with `correction=0`.',
    bad: `import torch


def masked_loss(losses, mask):
    return losses[mask.bool()].mean()
`,
    good: `import torch


def masked_loss(losses, mask):
    keep = mask.bool()
    return losses[keep].sum() / keep.sum().clamp(min=1)
`,
  },
  on: { operations: { names: ['mean', 'median', 'deviation', 'variance'], visit } },
};

export interface Emptiness {
  readonly kind: 'selected' | 'list' | 'single';
  readonly confidence: Confidence;
  readonly because: readonly Evidence[];
  readonly when: string;
}

function visit(site: OperationSite, context: RuleContext): void {
  const { model } = context;
  const operand = site.operands.get('x');
  // `reduction=` and `where=` choose among elements in ways of their own.
  if (!operand || site.operands.has('where')) return;
  const found = empty(site, operand) ?? single(site, operand, model);
  if (found?.kind === 'list' && isFilledByOption(model, site.segment, operand.expr)) return;
  if (!found || isCaredFor(model, site.segment, site.node) || isCounted(model, site)) return;
  const { segment } = site;
  const text = oneLine(sourceOf(segment, operand.expr), 50);
  const what = found.kind === 'single' ? 'a single value' : 'empty';
  const result =
    found.kind === 'single'
      ? `the ${nameOf(site)} of one value divides by n - 1 = 0 and is NaN, whatever epsilon is added to it. Ask for the number first, or take \`correction=0\`.`
      : `the ${nameOf(site)} of nothing is NaN. Ask for the number of elements first${found.kind === 'selected' ? ', or divide the sum by the clamped count' : ''}.`;
  context.report({
    segment,
    span: site.node,
    confidence: found.confidence,
    message: `\`${text}\` can be ${what}${found.when}, and ${result}`,
    related: found.because,
    fixes: found.kind === 'single' ? singleFixes(site, operand) : emptyFixes(site, operand, found.kind, model),
  });
}

function nameOf(site: OperationSite): string {
  const name = site.name.slice(site.name.lastIndexOf('.') + 1);
  return /^(nan)?(mean|average)$|reduce_mean/.test(name)
    ? 'mean'
    : /median|quantile|percentile/.test(name)
      ? 'median'
      : /var/.test(name)
        ? 'variance'
        : 'deviation';
}

// ---------------------------------------------------------------- nothing at all

function empty(site: OperationSite, { value, expr }: SiteOperand): Emptiness | undefined {
  if (value.kind !== 'quantity' && value.kind !== 'list') return undefined;
  const { length, because } = value;
  if (!length || length.lo > 0 || length.reachesLo === 0 || reducesOther(site)) return undefined;
  const kind = value.kind === 'list' ? 'list' : 'selected';
  const mask = kind === 'selected' && expr.kind === 'Subscript' ? expr.indices[0] : undefined;
  const when = mask ? ` when \`${oneLine(sourceOf(site.segment, mask), 30)}\` holds nowhere` : '';
  return { kind, confidence: 'likely', because, when };
}

/** Whether the reduction runs along another axis than the one that is empty. */
function reducesOther(site: OperationSite): boolean {
  const axis = site.operands.get('dim') ?? site.operands.get('axis');
  if (!axis || axis.value.kind === 'none') return false;
  const n = literalNumber(axis.value);
  return n === undefined || n !== 0;
}

/** `np.mean(rewards) if episodes > 0 else 0.0`: a number that counts along with the list is asked instead of it. */
function isCounted(model: SemanticModel, { segment, node }: OperationSite): boolean {
  const parent = model.parentOf(segment, node);
  if (parent?.kind !== 'Conditional' || parent.body !== node || parent.test.kind !== 'Compare') return false;
  return parent.test.comparators.some((side) => side.kind === 'Number' && side.value <= 1);
}

// ---------------------------------------------------------------- a single value

/** A sample deviation, which divides by the number of values less one. */
function isSample(site: OperationSite): boolean {
  if (site.operation !== 'deviation' && site.operation !== 'variance') return false;
  const ddof = literalNumber(site.operands.get('ddof')?.value);
  if (site.framework === 'numpy' || site.framework === 'jax') return ddof !== undefined && ddof > 0;
  if (site.framework !== 'torch') return false;
  const [unbiased, correction] = ['unbiased', 'correction'].map((name) => site.operands.get(name));
  // `x.std(False)` says unbiased=False.
  const first = site.operands.get('dim');
  if (first?.expr.kind === 'Constant' && first.expr.value === false) return false;
  if (unbiased) return literalNumber(unbiased.value) !== 0;
  return correction ? (literalNumber(correction.value) ?? 0) > 0 : true;
}

function single(site: OperationSite, operand: SiteOperand, model: SemanticModel): Emptiness | undefined {
  if (!isSample(site)) return undefined;
  const { segment } = site;
  const length = lengthOfValue(operand.value);
  if (length && length.lo > 1) return undefined;
  const found = (when: string): Emptiness => ({ kind: 'single', confidence: 'likely', because: [], when });
  const isWhole = !site.operands.has('dim') && !site.operands.has('axis');
  if (length && length.hi === 1 && !reducesOther(site) && !isWhole) return found(', as it is by default');
  if (!isWhole) return undefined;
  const sources = sourcesOf(model, segment, operand.expr, (expr) => expr.kind !== 'Call' || isPassedOn(expr));
  if (sources.some((source) => isParameter(model, segment, source))) return found(': a parameter of one element');
  if (/whiten/i.test(model.enclosingFunction(segment, site.node)?.name ?? '')) return found('');
  return isBatchOfAdvantages(model, segment, sources, site.node) ? found(' in the last minibatch') : undefined;
}

function lengthOfValue(value: Value): Range | undefined {
  return value.kind === 'quantity' ? value.length : lengthOf(value);
}

/** A call that only moves or copies what it is called on. */
function isPassedOn(expr: Expr): boolean {
  return (
    expr.kind === 'Call' &&
    expr.callee.kind === 'Attribute' &&
    /^(detach|cpu|float|clone|flatten|view|reshape|data|_values|coalesce|to|abs)$/.test(expr.callee.name)
  );
}

/** `param` and `param.grad` in `for name, param in model.named_parameters():`, whatever its name. */
function isParameter(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  const name = rootName(expr);
  if (name === undefined) return false;
  return ancestors(model, segment, expr).some(
    (stmt) =>
      stmt.kind === 'For' &&
      /\b(named_)?parameters\(|\.state_dict\(\)/.test(sourceOf(segment, stmt.iterable)) &&
      new RegExp(`\\b${name}\\b`).test(sourceOf(segment, stmt.target)),
  );
}

function rootName(expr: Expr): string | undefined {
  return dottedName(expr)?.split('.', 1)[0];
}

const ADVANTAGES = /(^|[._])(adv|advs|advantage|advantages)$/i;

/**
 * Advantages that are taken out of one minibatch: the last one holds what is left over. Of a whole rollout there is
 * always more than one.
 */
function isBatchOfAdvantages(model: SemanticModel, segment: Segment, sources: readonly Expr[], node: Node): boolean {
  if (!sources.some((source) => ADVANTAGES.test(dottedName(source) ?? ''))) return false;
  const holder: FunctionDef | undefined = model.enclosingFunction(segment, node);
  const loops = ancestors(model, segment, node).filter((stmt) => stmt.kind === 'For');
  if (!holder || loops.length === 0) return false;
  return loops.some((loop) => {
    if (loop.kind !== 'For') return false;
    const target = new RegExp(
      `\\b(${sourceOf(segment, loop.target)
        .replace(/\W+/g, '|')
        .replace(/^\||\|$/g, '')})\\b`,
    );
    return sources.some((source) => {
      const text = sourceOf(segment, source);
      return (source.kind === 'Attribute' || source.kind === 'Subscript') && target.test(text);
    });
  });
}
