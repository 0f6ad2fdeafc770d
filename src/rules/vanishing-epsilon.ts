// NAN302: an epsilon that rounds away in the dtype of the value it was to protect.

import { type DType, roundTo } from '../semantic/dtype';
import { poleAfterRounding } from '../semantic/lost-epsilon';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { isKnown } from '../semantic/range';
import { asQuantity, type Framework, literalNumber, type Quantity } from '../semantic/value';
import { type BinaryExpr, type Expr, outerSpan, type Segment } from '../syntax/ast';
import { type NamedEpsilon, namedEpsilon } from './named-epsilon';
import { type PoleUse, poleUses } from './pole-uses';
import { type LocalEdit, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN302',
  name: 'vanishing-epsilon',
  severity: 'warning',
  summary: 'An epsilon that rounds away in its dtype: `1 - 1e-8` in float32, `1e-8` in float16.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras', 'jax', 'pytensor', 'theano'],
  fixable: 'both',
  docs: {
    what: 'Finds bounds of clamps and epsilons in denominators and roots that the dtype of the tensor cannot hold: `1 - 1e-8` is 1 in float32, `1e-8` is 0 in float16, and `1 + eps - x` adds the epsilon to the 1, where it is lost.',
    why: 'The guard stands there to be read, but does nothing: the value still reaches the pole, and the division or root behind it gives Inf or NaN.',
    remedy:
      'Take the epsilon from `torch.finfo(x.dtype)`, or one that the dtype can hold (1e-6 beside 1 in float32, 1e-4 beside 0 in float16), and add it last.',
    bad: `import torch


def odds(logits):
    p = torch.sigmoid(logits).clamp(1e-8, 1 - 1e-8)
    return p / (1 - p)
`,
    good: `import torch


def odds(logits):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return p / (1 - p)
`,
  },
  on: { segment: visit },
};

type Pole = -1 | 0 | 1;

function visit(segment: Segment, context: RuleContext): void {
  const analysis = context.model.analysisOf(segment);
  if (!analysis) return;
  const seen = new Set<unknown>();
  for (const site of analysis.sites) {
    if (seen.has(site.node)) continue;
    if (site.operation === 'clamp' || site.operation === 'maximum' || site.operation === 'minimum') {
      seen.add(site.node);
      visitBounds(site, context);
    } else if (site.operation === 'normalized' && site.framework === 'torch') {
      seen.add(site.node);
      visitNormalize(site, context);
    }
  }
  for (const [expr, value] of analysis.values) {
    if (expr.kind !== 'Binary') continue;
    if (expr.operator === '+') {
      visitSum(expr, asQuantity(value), segment, context);
      visitSubnormal(expr, segment, context);
    } else if (expr.operator === '*') visitFactor(expr, segment, context);
    else if (expr.operator === '-') visitDifference(expr, segment, context);
  }
}

/** The dtype in which a tensor is computed; float32 where training code says nothing else. */
function dtypeOf(value: Quantity, framework: Framework): DType | undefined {
  if (value.holder === 'scalar') return undefined;
  // Under autocast, an operation may have left half precision again.
  if (value.dtype) return value.autocast && value.dtype !== 'float32' ? undefined : value.dtype;
  const owner = value.framework ?? framework;
  return owner === 'numpy' || owner === 'python' ? undefined : 'float32';
}

// ---------------------------------------------------------------- bounds

interface LostBound {
  readonly expr: Expr;
  readonly pole: Pole;
  readonly side: 'min' | 'max';
}

function visitBounds(site: OperationSite, context: RuleContext): void {
  const x = site.operands.get('x');
  if (!x) return;
  const value = asQuantity(x.value);
  const dtype = dtypeOf(value, site.framework);
  if (!dtype) return;
  const lost: LostBound[] = [];
  for (const side of ['min', 'max'] as const) {
    const name = site.operation === 'clamp' ? side : (site.operation === 'maximum') === (side === 'min') ? 'y' : '';
    const bound = site.operands.get(name);
    const n = literalNumber(bound?.value);
    if (!bound || n === undefined || asQuantity(bound.value).holder !== 'scalar') continue;
    const pole = poleAfterRounding(n, dtype);
    // A bound on the far side of the pole keeps nothing off it.
    if (pole === undefined || (side === 'min' ? n < pole : n > pole) || !reaches(value, pole, side)) continue;
    lost.push({ expr: bound.expr, pole, side });
  }
  const [first] = lost;
  if (!first || site.node.kind !== 'Call') return;
  const { segment } = site;
  const uses = poleUses(context.model, segment, site.node);
  if (uses.some((use) => isOthers(use, context.model, segment))) return;
  const isHazard = uses.some((use) => use.kind === 'divisor');
  const given = lost.map((bound) => `\`${oneLine(sourceOf(segment, bound.expr), 30)}\``);
  const kept = [...new Set(lost.map((bound) => String(bound.pole)))];
  const named = namedEpsilon(
    context.model,
    segment,
    lost.map((bound) => bound.expr),
  );
  if (named) {
    reportNamed(named, lost, dtype, site, context);
    return;
  }
  context.report({
    segment,
    span: site.node,
    confidence: value.dtype && isHazard ? 'proven' : 'likely',
    message: `${list(given)} ${given.length > 1 ? 'are' : 'is'} exactly ${list(kept)} in ${dtype}, so this bound does not keep the value off ${list(kept)}. Use an epsilon that ${dtype} can hold.`,
    related: value.because,
    fixes: [
      {
        title: `Use ${lost.length > 1 ? 'bounds' : 'a bound'} that ${dtype} can hold`,
        safety: 'unsafe',
        edits: lost.map((bound) => replace(segment, bound.expr, boundText(bound, x.expr, dtype, site, context.model))),
      },
    ],
  });
}

/** An epsilon with a name, which several bounds may have in common: it is mended where it is given. */
function reportNamed(
  named: NamedEpsilon,
  lost: readonly LostBound[],
  dtype: DType,
  site: OperationSite,
  context: RuleContext,
): void {
  const { segment, number } = named;
  const kept = lost.map((bound) => `\`${oneLine(sourceOf(site.segment, bound.expr), 30)}\` is exactly ${bound.pole}`);
  const text = lost.some((bound) => bound.pole !== 0) ? besideOne(dtype) : dtype === 'float16' ? '1e-4' : '1e-7';
  context.report({
    segment,
    span: number,
    confidence: 'likely',
    message: `\`${named.name}\` is too small for ${dtype}: ${list(kept)} there, so the bound keeps nothing off it. Use an epsilon that ${dtype} can hold.`,
    related: [
      { segment: site.segment, span: { start: site.node.start, end: site.node.end }, message: 'it is lost here' },
    ],
    fixes: [{ title: `Use ${text}`, safety: 'unsafe', edits: [{ segment, span: number, text }] }],
  });
}

function reaches(value: Quantity, pole: Pole, side: 'min' | 'max'): boolean {
  const { range } = value;
  const [end, reach] = side === 'min' ? [range.lo, range.reachesLo] : [range.hi, range.reachesHi];
  if (side === 'min' ? end > pole : end < pole) return false;
  // random() is below 1.
  return end !== pole || reach > 0 || !isKnown(range);
}

function boundText(bound: LostBound, x: Expr, dtype: DType, site: OperationSite, model: SemanticModel): string {
  const sign = bound.side === 'min' ? '+' : '-';
  if (bound.pole === 0) return `${sign === '-' ? '-' : ''}${smallest(x, dtype, site.framework, site.segment, model)}`;
  const finfo = finfoOf(x, site.framework, site.segment, model);
  return `${bound.pole} ${sign} ${finfo ? `${finfo}.eps` : besideOne(dtype)}`;
}

function besideOne(dtype: DType): string {
  return dtype === 'float16' ? '1e-3' : dtype === 'bfloat16' ? '1e-2' : '1e-6';
}

/** A number beside 0 whose reciprocal the dtype can still hold. */
function smallest(x: Expr, dtype: DType, framework: Framework, segment: Segment, model: SemanticModel): string {
  const finfo = finfoOf(x, framework, segment, model);
  return finfo ? `${finfo}.eps` : dtype === 'float16' ? '1e-4' : '1e-7';
}

function finfoOf(x: Expr, framework: Framework, segment: Segment, model: SemanticModel): string | undefined {
  const torch = framework === 'torch' && x.kind === 'Name' ? model.nameFor('torch') : undefined;
  return torch === undefined ? undefined : `${torch}.finfo(${sourceOf(segment, x)}.dtype)`;
}

// ---------------------------------------------------------------- sums and differences

/** `x + 1e-8` of a tensor whose dtype has no such number. */
function visitSum(expr: BinaryExpr, sum: Quantity, segment: Segment, context: RuleContext): void {
  if (sum.because.at(-1)?.operation !== 'lost_epsilon') return;
  const { model } = context;
  const [left, right] = [asQuantity(model.valueOf(segment, expr.left)), asQuantity(model.valueOf(segment, expr.right))];
  const [epsilon, x, value] = left.holder === 'scalar' ? [expr.left, expr.right, right] : [expr.right, expr.left, left];
  const framework = value.framework ?? 'python';
  const dtype = dtypeOf(value, framework) ?? (framework === 'numpy' ? value.dtype : undefined);
  const n = literalNumber(model.valueOf(segment, epsilon));
  // The sum may be of another one; it is this one's epsilon only if it is lost beside this one's tensor.
  if (!dtype || n === undefined || n <= 0 || poleAfterRounding(n, dtype) !== 0) return;
  const { range } = value;
  if (range.lo > 0 || range.hi < 0 || range.excludesZero) return;
  const uses = poleUses(model, segment, expr).filter((use) => isHazardOfZero(use, value));
  if (uses.length === 0 || uses.some((use) => isOthers(use, model, segment))) return;
  context.report({
    segment,
    span: expr,
    confidence: range.reachesLo > 0 && range.lo === 0 ? 'proven' : 'likely',
    message: `\`${oneLine(sourceOf(segment, epsilon), 30)}\` is 0 in ${dtype}, so adding it does not keep \`${oneLine(sourceOf(segment, x), 40)}\` off 0. Use an epsilon that ${dtype} can hold, such as 1e-4.`,
    related: value.because,
    fixes: [
      {
        title: `Use an epsilon that ${dtype} can hold`,
        safety: 'unsafe',
        edits: [replace(segment, epsilon, smallest(x, dtype, framework, segment, model))],
      },
    ],
  });
}

/** `1 + eps - x`: the sum on the left is 1 in the tensor's dtype, before x is taken off. */
function visitDifference(expr: BinaryExpr, segment: Segment, context: RuleContext): void {
  const { left, right } = expr;
  if (left.kind !== 'Binary' || left.operator !== '+' || left.outer) return;
  const { model } = context;
  const value = asQuantity(model.valueOf(segment, right));
  const dtype = value.holder === 'tensor' ? dtypeOf(value, 'python') : undefined;
  const constant = literalNumber(model.valueOf(segment, left));
  if (!dtype || constant === undefined || poleAfterRounding(constant, dtype) !== 1) return;
  if (!reaches(value, 1, 'max')) return;
  const one = [left.left, left.right].find((side) => literalNumber(model.valueOf(segment, side)) === 1);
  const epsilon = one === left.left ? left.right : left.left;
  const n = literalNumber(model.valueOf(segment, epsilon));
  if (!one || n === undefined || n <= 0) return;
  const uses = poleUses(model, segment, expr).filter((use) => isHazardOfZero(use, value));
  if (uses.length === 0 || uses.some((use) => isOthers(use, model, segment))) return;
  const isHeld = roundTo(n, dtype) !== 0;
  const kept = isHeld ? sourceOf(segment, epsilon) : '1e-4';
  const taken = sourceOf(segment, right.outer ?? right);
  context.report({
    segment,
    span: expr,
    confidence: value.dtype && value.range.reachesHi === 2 && !value.assumed ? 'proven' : 'likely',
    message: `\`${oneLine(sourceOf(segment, left), 30)}\` is computed first and is exactly 1 in ${dtype}, so the epsilon is lost where \`${oneLine(sourceOf(segment, right), 40)}\` is 1. Add it last.`,
    related: value.because,
    fixes: [
      {
        title: 'Add the epsilon last',
        safety: isHeld ? 'safe' : 'unsafe',
        edits: [{ segment, span: expr, text: `${sourceOf(segment, one)} - ${taken} + ${kept}` }],
      },
    ],
  });
}

/** Below this number, float32 has only subnormal ones, which XLA, many accelerators and fast mathematics flush to 0. */
const SMALLEST_NORMAL = 2 ** -126;

/** `x + 1e-45`: held by float32 on a good day. */
function visitSubnormal(expr: BinaryExpr, segment: Segment, context: RuleContext): void {
  const { model } = context;
  const epsilon = [expr.left, expr.right].find(
    (side) => side.kind === 'Number' && side.value > 0 && side.value < SMALLEST_NORMAL,
  );
  if (!epsilon) return;
  const x = epsilon === expr.left ? expr.right : expr.left;
  const value = asQuantity(model.valueOf(segment, x));
  const isFloat32 = dtypeOf(value, model.packages.has('torch') || model.packages.has('jax') ? 'torch' : 'python');
  if (isFloat32 === undefined || value.dtype === 'float64' || value.range.lo > 0) return;
  if (poleUses(model, segment, expr).length === 0) return;
  const text = oneLine(sourceOf(segment, epsilon), 30);
  context.report({
    segment,
    span: expr,
    confidence: 'likely',
    message: `\`${text}\` is a subnormal float32, which many devices and compilers flush to 0, and float16 has no such number: it does not keep \`${oneLine(sourceOf(segment, x), 40)}\` off 0. Use 1e-7, which every float dtype can hold.`,
    related: value.because,
    fixes: [{ title: 'Use 1e-7', safety: 'unsafe', edits: [replace(segment, epsilon, '1e-7')] }],
  });
}

/** `(1 - 1e-10) * x`: a factor that is 1 in the tensor's dtype. */
function visitFactor(expr: BinaryExpr, segment: Segment, context: RuleContext): void {
  const { model } = context;
  for (const [factor, x] of [
    [expr.left, expr.right],
    [expr.right, expr.left],
  ] as const) {
    if (factor.kind !== 'Binary' || !/^[-+]$/.test(factor.operator) || factor.right.kind !== 'Number') continue;
    const n = literalNumber(model.valueOf(segment, factor));
    if (n === undefined || n === 1 || poleAfterRounding(n, 'float32') !== 1) continue;
    const value = asQuantity(model.valueOf(segment, x));
    const uses = poleUses(model, segment, expr);
    const isTensor = value.holder === 'tensor' && value.framework !== 'numpy';
    if ((!isTensor && !uses.some((use) => isOfTensor(use, model, segment))) || value.dtype === 'float64') continue;
    if (uses.length === 0) continue;
    const finfo = finfoOf(x, 'torch', segment, model);
    context.report({
      segment,
      span: factor,
      confidence: 'likely',
      message: `\`${oneLine(sourceOf(segment, factor), 30)}\` is exactly 1 in float32, so multiplying by it keeps nothing off the end. Use an epsilon that float32 can hold.`,
      related: [],
      fixes: [
        {
          title: 'Use an epsilon that float32 can hold',
          safety: 'unsafe',
          edits: [replace(segment, factor.right, finfo ? `${finfo}.eps` : '1e-6')],
        },
      ],
    });
  }
}

/** Whether what is done with a value at last is an operation on tensors. */
function isOfTensor(use: PoleUse, model: SemanticModel, segment: Segment): boolean {
  const site = model.analysisOf(segment)?.sites.find((each) => each.node === use.node);
  return site !== undefined && site.framework !== 'python' && site.framework !== 'numpy';
}

// ---------------------------------------------------------------- functions with an epsilon of their own

const OWN_EPSILON: Readonly<Record<string, number>> = {
  'torch.nn.functional.normalize': 1e-12,
  'torch.nn.functional.cosine_similarity': 1e-8,
  'torch.cosine_similarity': 1e-8,
};

/** `F.normalize` of a float16 tensor: its default epsilon is 0 there, and a zero vector gives 0 / 0. */
function visitNormalize(site: OperationSite, context: RuleContext): void {
  const own = Object.hasOwn(OWN_EPSILON, site.name) ? OWN_EPSILON[site.name] : undefined;
  const x = site.operands.get('x');
  const value = asQuantity(x?.value);
  if (own === undefined || !x || value.dtype !== 'float16' || value.autocast || site.autocast) return;
  if (site.node.kind !== 'Call' || site.node.args.some((arg) => arg.unpack !== '')) return;
  const given = site.operands.get('eps');
  const epsilon = given ? literalNumber(given.value) : own;
  if (epsilon === undefined || poleAfterRounding(epsilon, 'float16') !== 0) return;
  const { segment } = site;
  const close = site.node.argsSpan.end - 1;
  const edit: LocalEdit = given
    ? replace(segment, given.expr, '1e-4')
    : { segment, span: { start: close, end: close }, text: ', eps=1e-4' };
  const isTrailing = !given && /,\s*$/.test(segment.text.slice(site.node.argsSpan.start, close));
  context.report({
    segment,
    span: site.node,
    confidence: 'likely',
    message: `The epsilon of this call, ${given ? `\`${sourceOf(segment, given.expr)}\`` : `by default ${own}`}, is 0 in float16: a zero vector in \`${oneLine(sourceOf(segment, x.expr), 40)}\` gives 0 / 0, NaN. Give it an \`eps\` that float16 can hold, such as 1e-4.`,
    related: value.because,
    fixes: isTrailing ? [] : [{ title: 'Use eps=1e-4', safety: 'unsafe', edits: [edit] }],
  });
}

// ---------------------------------------------------------------- whose finding it is

/** Whether it is for the rule of a logarithm or an inverse function to say what breaks here. */
function isOthers(use: PoleUse, model: SemanticModel, segment: Segment): boolean {
  if (use.kind === 'inverse') return true;
  if (use.kind !== 'logarithm') return false;
  const site = model.analysisOf(segment)?.sites.find((other) => other.node === use.node);
  const { range } = asQuantity(site?.operands.get(site.operation === 'xlogy' ? 'y' : 'x')?.value);
  // What the model knows of the operand, that rule has judged: it flags it, or it is mended there.
  return isKnown(range);
}

/** A root harms by its gradient alone. */
function isHazardOfZero(use: PoleUse, value: Quantity): boolean {
  const hasGradient = value.gradient !== false && value.framework !== 'numpy';
  return use.kind !== 'root' || hasGradient;
}

function replace(segment: Segment, expr: Expr, text: string): LocalEdit {
  const isArgument = /[(,=]$/.test(segment.text.slice(0, outerSpan(expr).start).trimEnd());
  return { segment, span: isArgument ? expr : outerSpan(expr), text };
}

function list(parts: readonly string[]): string {
  return parts.join(' and ');
}
