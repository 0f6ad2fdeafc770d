// NAN102: a division whose denominator can be 0 on real data.

import type { Confidence } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { excludesZero } from '../semantic/range';
import { asQuantity, type Quantity } from '../semantic/value';
import { type Expr, outerSpan, type Segment } from '../syntax/ast';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN102',
  name: 'division-by-possible-zero',
  severity: 'warning',
  summary: 'A division by a standard deviation, norm, count, mask sum or range that can be 0.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds divisions, `reciprocal` and `rsqrt` whose denominator is a tensor that real data takes to 0: a standard deviation, a norm, a sum of a mask, a count, `max - min`, or a value that the model shows to reach 0.',
    why: 'In a tensor, x / 0 is Inf and 0 / 0 is NaN, without an error. One constant feature, one zero vector or one fully padded row is enough, and the next step carries it into every weight.',
    remedy:
      'Keep the denominator above 0: clamp a count at 1, add an epsilon to a standard deviation, use `F.normalize` for unit vectors.',
    bad: `import torch


def standardise(x):
    return (x - x.mean(dim=0)) / x.std(dim=0)
`,
    good: `import torch


def standardise(x):
    return (x - x.mean(dim=0)) / (x.std(dim=0) + 1e-6)
`,
  },
  on: { operations: { names: ['divide', 'reciprocal', 'rsqrt'], visit } },
};

function visit(site: OperationSite, context: RuleContext): void {
  const denominator = site.operands.get(site.operation === 'divide' ? 'y' : 'x');
  if (denominator?.value.kind !== 'quantity') return;
  const value = denominator.value;
  const confidence = reachOfZero(site, value);
  if (confidence === undefined) return;
  const { segment } = site;
  const { expr } = denominator;
  const text = oneLine(sourceOf(segment, expr), 50);
  const because = value.because.at(-1)?.message;
  const reason = REASON[kindOf(value)] ?? (because ? `(${because})` : '');
  const state =
    confidence === 'possible'
      ? `Nothing shows that \`${text}\` is not 0`
      : `\`${text}\` can be 0${reason ? ` ${reason}` : ''}`;
  context.report({
    segment,
    span: site.operation === 'divide' ? expr : site.node,
    confidence,
    message: `${state}, and dividing by it gives Inf or NaN. ${isCount(value) ? 'Clamp it at 1.' : 'Keep it above 0, by a clamp or an epsilon.'}`,
    related: value.because,
    fixes: fixes(site, denominator, value, context.model),
  });
}

const REASON: Readonly<Record<string, string>> = {
  deviation: 'when all values are equal',
  norm: 'for a zero vector',
  count: 'when nothing is counted',
  spread: 'when all values are equal',
};

function kindOf(value: Quantity): string {
  if (isCount(value)) return 'count';
  const term = value.term ?? '';
  if (term.startsWith('(largest(')) return 'spread';
  return value.because.at(-1)?.operation ?? '';
}

function isCount(value: Quantity): boolean {
  return value.role === 'count' || value.role === 'mask';
}

/** How sure it is that real data makes the denominator 0; undefined where it can't be, or where Python raises instead. */
function reachOfZero(site: OperationSite, value: Quantity): Confidence | undefined {
  const { range } = value;
  if (excludesZero(range) || value.role === 'size') return undefined;
  // A Python number raises ZeroDivisionError: loud by itself, and no NaN.
  const numerator = asQuantity(site.operands.get('x')?.value);
  if (value.holder === 'scalar' && numerator.holder !== 'tensor') return undefined;
  const reach = range.lo === 0 ? range.reachesLo : range.hi === 0 ? range.reachesHi : 0;
  if (reach === 0) return 'possible';
  // Squares and absolute values reach 0 too, but hardly ever on data; a reduction does on one constant row.
  if (range.lo !== range.hi && REASON[kindOf(value)] === undefined) return 'possible';
  // An importance weight's probability is a hazard only where it is known to come from a softmax or sigmoid.
  if (value.assumed && !isCount(value)) return 'possible';
  if (value.role === 'probabilities' || value.role === 'loss') return 'possible';
  return reach === 2 && !value.assumed && range.lo === range.hi ? 'proven' : 'likely';
}

// ---------------------------------------------------------------- fixes

function fixes(site: OperationSite, denominator: SiteOperand, value: Quantity, model: SemanticModel): LocalFix[] {
  const { segment } = site;
  const { expr } = denominator;
  if (value.range.lo !== 0 || value.range.lo === value.range.hi) return [];
  const span = isCallArgument(segment, expr) ? expr : outerSpan(expr);
  const text = sourceOf(segment, expr);
  const atom = expr.kind === 'Binary' || expr.kind === 'Unary' || expr.kind === 'Conditional' ? `(${text})` : text;
  const replace = (title: string, replacement: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span, text: replacement }],
  });
  const framework = value.framework ?? site.framework;
  const np = model.nameFor(framework === 'jax' ? 'jax.numpy' : 'numpy');
  const tf = model.nameFor('tensorflow');
  const bound = isCount(value) ? '1' : epsilonFor(value);
  const result: LocalFix[] = [];
  if (framework === 'torch') result.push(replace(`Clamp at ${bound}`, `${atom}.clamp(min=${bound})`));
  else if ((framework === 'numpy' || framework === 'jax') && np !== undefined)
    result.push(replace(`Clamp at ${bound}`, `${np}.maximum(${text}, ${bound})`));
  else if (framework === 'tensorflow' && tf !== undefined && !isCount(value))
    result.push(replace(`Clamp at ${bound}`, `${tf}.maximum(${text}, ${bound})`));
  if (!isCount(value))
    result.push(replace(`Add ${bound}`, isCallArgument(segment, expr) ? `${text} + ${bound}` : `(${text} + ${bound})`));
  return result;
}

/** 1e-8 is what people write, but float16 cannot hold it. */
function epsilonFor(value: Quantity): string {
  return value.dtype === 'float16' ? '1e-4' : '1e-6';
}

/** Whether the parentheses around the operand are those of a call. */
function isCallArgument(segment: Segment, expr: Expr): boolean {
  const before = segment.text.slice(0, outerSpan(expr).start).trimEnd();
  return /[(,=]$/.test(before) && !/[/*+-]=$/.test(before);
}
