// NAN303: a large negative number that masks scores and that half precision cannot hold.

import type { Confidence } from '../analyzer/finding';
import { autocastRegion } from '../semantic/autocast';
import { derived } from '../semantic/derived';
import { type DType, roundTo } from '../semantic/dtype';
import { canonicalName } from '../semantic/libraries';
import type { SegmentAnalysis, SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { dottedName } from '../semantic/program';
import { asQuantity, type Framework, isTensor, literalNumber, type Quantity, type Value } from '../semantic/value';
import type { BinaryExpr, Expr, Node, Segment } from '../syntax/ast';
import { walkExpressions, walkStatements } from '../syntax/walk';
import { sourcesOf } from './data-flow';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';
import { ancestors } from './statements';

export const rule: Rule = {
  code: 'NAN303',
  name: 'mask-constant-overflows-half',
  severity: 'warning',
  summary: 'A mask value such as `-1e9` that float16 cannot hold, on scores that can be float16.',
  needs: ['torch', 'jax', 'numpy', 'tensorflow'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `-1e9`, `-1e10`, the smallest float32 and the like as the value that masks scores (`masked_fill`, `where`, `scores[mask] =`, `(1 - mask) * -1e9`) where the scores are float16, or become float16 under autocast.',
    why: 'The smallest float16 is -65504. PyTorch raises in `masked_fill`; elsewhere the constant becomes -inf, softmax of a row that is masked as a whole is NaN, and in NumPy, JAX and TensorFlow `0 * -inf` is NaN at every place that is not masked.',
    remedy: "Take the smallest number of the scores' own dtype, `torch.finfo(scores.dtype).min`.",
    bad: `import torch


def attend(query, key, value, padding):
    with torch.autocast("cuda"):
        scores = query @ key.transpose(-2, -1)
        weights = scores.masked_fill(padding, -1e9).softmax(dim=-1)
        return weights @ value
`,
    good: `import torch


def attend(query, key, value, padding):
    with torch.autocast("cuda"):
        scores = query @ key.transpose(-2, -1)
        weights = scores.masked_fill(padding, torch.finfo(scores.dtype).min).softmax(dim=-1)
        return weights @ value
`,
  },
  on: { file: checkFile },
};

/** A place where a constant is stored among the elements of a tensor. */
interface Masking {
  readonly segment: Segment;
  readonly node: Node;
  readonly constant: Expr;
  /** The constant with the sign under which it is stored. */
  readonly stored: number;
  /** The tensor whose dtype the constant takes on. */
  readonly tensor: Expr | undefined;
  readonly value: Quantity;
  readonly framework: Framework;
  readonly form: 'fill' | 'where' | 'element' | 'product' | 'full';
  readonly operation: string;
  readonly region: OperationSite['autocast'];
}

/** The smallest float16. */
const SMALLEST = -65504;

function checkFile(units: readonly TrainingUnit[], context: RuleContext): void {
  const { model } = context;
  const maskings = model.analyses.flatMap((analysis) => maskingsOf(model, analysis));
  if (maskings.length === 0) return;
  const file: FileFacts = { isHalf: mentionsHalf(model), trains: units.some((u) => u.graph.of('backward').length > 0) };
  const reported = new Set<Expr>();
  for (const masking of maskings) {
    const precision = precisionOf(model, masking, file);
    if (!precision || reported.has(masking.constant)) continue;
    reported.add(masking.constant);
    context.report({
      segment: masking.segment,
      span: { start: masking.node.start, end: masking.node.end },
      confidence: precision.confidence,
      message: message(masking, precision),
      related: [],
      fixes: fixes(model, masking),
    });
  }
}

// ---------------------------------------------------------------- where constants are stored

function maskingsOf(model: SemanticModel, analysis: SegmentAnalysis): readonly Masking[] {
  const { segment } = analysis;
  return derived(analysis, maskingsOf, () => [
    ...analysis.sites.flatMap((site) => ofCall(site) ?? []),
    ...analysis.sites.flatMap(({ operation, node }) =>
      operation === 'multiply' && node.kind === 'Binary' ? (ofProduct(model, segment, node) ?? []) : [],
    ),
    ...ofElements(model, segment),
  ]);
}

function ofCall(site: OperationSite): Masking | undefined {
  const base = { segment: site.segment, node: site.node, framework: site.framework, region: site.autocast };
  const at = (name: string): { expr: Expr; number: number | undefined; value: Quantity } | undefined => {
    const operand = site.operands.get(name);
    return operand && { expr: operand.expr, number: tooSmall(operand.value), value: asQuantity(operand.value) };
  };
  if (site.operation === 'masked_fill') {
    const [x, fill] = [at('x'), at('value')];
    if (!x || fill?.number === undefined) return undefined;
    const { expr: constant, number: stored } = fill;
    const common = { ...base, constant, stored, tensor: x.expr, value: x.value };
    return { ...common, form: 'fill', operation: 'masked_fill' };
  }
  if (site.operation === 'where') {
    const [x, y] = [at('x'), at('y')];
    const [fill, kept] = x?.number !== undefined ? [x, y] : [y, x];
    if (fill?.number === undefined || !kept || kept.number !== undefined) return undefined;
    const { expr: constant, number: stored } = fill;
    return { ...base, constant, stored, tensor: kept.expr, value: kept.value, form: 'where', operation: 'where' };
  }
  if (site.operation === 'fill') {
    const fill = at('value');
    // `full_like(scores, …)` takes the dtype of the scores where it is given none.
    const like = /full_like$/.test(site.name) && !site.operands.has('dtype') ? at('shape') : undefined;
    const result = like ? like.value : asQuantity(site.result);
    if (fill?.number === undefined || result.dtype === undefined) return undefined;
    const { expr: constant, number: stored } = fill;
    const operation = site.name.slice(site.name.lastIndexOf('.') + 1);
    return { ...base, constant, stored, tensor: like?.expr, value: result, form: 'full', operation };
  }
  return undefined;
}

/** `(1 - mask) * -1e9`, and `scores - (1 - mask) * 1e9`. */
function ofProduct(model: SemanticModel, segment: Segment, node: BinaryExpr): Masking | undefined {
  for (const [constant, factor] of [
    [node.right, node.left],
    [node.left, node.right],
  ] as const) {
    const number = literalNumber(model.valueOf(segment, constant));
    if (number === undefined || !Number.isFinite(number)) continue;
    const parent = model.parentOf(segment, node);
    const isTakenOff = parent?.kind === 'Binary' && parent.operator === '-' && parent.right === node;
    const stored = isTakenOff ? -number : number;
    if (stored >= SMALLEST) continue;
    const value = asQuantity(model.valueOf(segment, factor));
    if (!isMask(value)) continue;
    return {
      segment,
      node,
      constant,
      stored,
      tensor: factor,
      value,
      framework: value.framework ?? frameworkOfArrays(model),
      form: 'product',
      operation: '*',
      region: undefined,
    };
  }
  return undefined;
}

/** What arrays of the file are, where a value does not say so itself. */
function frameworkOfArrays({ packages }: SemanticModel): Framework {
  if (packages.has('torch')) return 'torch';
  if (packages.has('jax')) return 'jax';
  return packages.has('tensorflow') ? 'tensorflow' : 'numpy';
}

/** A mask, or 1 minus one. */
function isMask(value: Quantity): boolean {
  return value.role === 'mask' || (value.holder !== 'scalar' && value.range.lo === 0 && value.range.hi === 1);
}

/** `scores[mask] = -1e9` */
function ofElements(model: SemanticModel, segment: Segment): Masking[] {
  const found: Masking[] = [];
  if (!/\]\s*=[^=]/.test(segment.text)) return found;
  walkStatements(segment.body, (stmt) => {
    if (stmt.kind !== 'Assign') return;
    const stored = tooSmall(model.valueOf(segment, stmt.value));
    if (stored === undefined) return;
    for (const target of stmt.targets) {
      if (target.kind !== 'Subscript') continue;
      const value = asQuantity(model.valueOf(segment, target.object));
      if (value.holder === 'scalar' || model.valueOf(segment, target.object).kind !== 'quantity') continue;
      const framework = value.framework ?? frameworkOfArrays(model);
      const common = { segment, node: stmt, constant: stmt.value, stored, tensor: target.object, value, framework };
      found.push({ ...common, form: 'element', operation: '=', region: value.autocast });
    }
  });
  return found;
}

/** The number, where it is finite and below everything that float16 holds. A tensor brings a dtype of its own. */
function tooSmall(value: Value): number | undefined {
  if (isTensor(value)) return undefined;
  const number = literalNumber(value);
  return number !== undefined && number < SMALLEST && Number.isFinite(number) ? number : undefined;
}

// ---------------------------------------------------------------- how sure it is that the tensor is half

interface FileFacts {
  readonly isHalf: boolean;
  readonly trains: boolean;
}

interface Precision {
  readonly confidence: Confidence;
  readonly dtype: DType;
  readonly state: 'is' | 'becomes' | 'can be';
}

function precisionOf(model: SemanticModel, masking: Masking, file: FileFacts): Precision | undefined {
  const { value, stored, segment, node } = masking;
  if (value.dtype !== undefined) {
    // Whole numbers and booleans are no scores, and wider floats hold the constant.
    const isHalf = value.dtype === 'float16' || value.dtype === 'bfloat16';
    return isHalf && overflows(stored, value.dtype)
      ? { confidence: 'proven', dtype: value.dtype, state: 'is' }
      : undefined;
  }
  if (!overflows(stored, 'float16') || value.framework === 'python' || testsDType(model, segment, node))
    return undefined;
  const region = value.autocast ?? masking.region;
  if (region?.dtype === 'bfloat16') return undefined;
  const possible: Precision = { confidence: 'possible', dtype: 'float16', state: 'can be' };
  if (masking.framework !== 'torch') return possible;
  if (masking.form === 'product')
    return followsOtherDType(model, masking) ? { ...possible, confidence: 'likely' } : possible;
  if (keepsFloat32(model, masking)) return undefined;
  const isProduct = isMadeByProduct(model, masking);
  if (region?.dtype === 'float16' && isProduct) return { confidence: 'likely', dtype: 'float16', state: 'becomes' };
  const isScore = isProduct || goesIntoSoftmax(model, masking);
  return isScore && (file.isHalf || !file.trains) ? { ...possible, confidence: 'likely' } : possible;
}

function overflows(x: number, dtype: DType): boolean {
  return !Number.isFinite(roundTo(x, dtype)) || (dtype === 'float16' && x < SMALLEST);
}

/** `if scores.dtype == torch.float16:` around it, or in the expression itself: somebody has thought of it. */
function testsDType(model: SemanticModel, segment: Segment, node: Node): boolean {
  return ancestors(model, segment, node).some(
    (stmt) => stmt.kind === 'If' && /dtype|fp16|half|float16/.test(sourceOf(segment, stmt.test)),
  );
}

/** Operations that autocast keeps in float32. */
const FLOAT32_OPERATIONS: ReadonlySet<string> = new Set([
  'softmax',
  'log_softmax',
  'exp',
  'log',
  'norm',
  'sum',
  'zeros',
  'fill',
  'ones',
]);

function keepsFloat32(model: SemanticModel, { value, tensor, segment }: Masking): boolean {
  if (value.origin && FLOAT32_OPERATIONS.has(value.origin.operation)) return true;
  if (!tensor) return false;
  return sourcesOf(model, segment, tensor).some((expr) => asQuantity(model.valueOf(segment, expr)).dtype === 'float32');
}

/** Matrix products are what autocast computes in half precision; scaling, adding and reshaping keeps the dtype. */
function isMadeByProduct(model: SemanticModel, { tensor, segment }: Masking): boolean {
  if (!tensor) return false;
  return sourcesOf(model, segment, tensor).some((expr) => {
    if (expr.kind === 'Binary') return expr.operator === '@';
    return expr.kind === 'Call' && asQuantity(model.valueOf(segment, expr)).origin?.operation === 'affine';
  });
}

/** Whether the masked tensor is later put into a softmax: its elements are scores. */
function goesIntoSoftmax(model: SemanticModel, { segment, node, tensor, form }: Masking): boolean {
  const sites = model.analysisOf(segment)?.sites ?? [];
  const key = tensor && dottedName(tensor);
  const holder = model.enclosingFunction(segment, node);
  return sites.some((site) => {
    if (site.operation !== 'softmax' && site.operation !== 'log_softmax' && site.operation !== 'logsumexp')
      return false;
    const x = site.operands.get('x')?.expr;
    if (!x || site.node.end < node.end || model.enclosingFunction(segment, site.node) !== holder) return false;
    return sourcesOf(model, segment, x).some(
      (expr) => expr === node || (form !== 'where' && key !== undefined && dottedName(expr) === key),
    );
  });
}

/** `mask.to(scores.dtype)`: the mask has whatever dtype the scores come in. */
function followsOtherDType(model: SemanticModel, { tensor, segment }: Masking): boolean {
  return tensor !== undefined && sourcesOf(model, segment, tensor).some((expr) => dtypeGivenTo(expr) !== undefined);
}

/** The tensor whose dtype a call gives to another: `scores` of `mask.to(scores.dtype)` and `mask.type_as(scores)`. */
function dtypeGivenTo(expr: Expr): Expr | undefined {
  if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute') return undefined;
  const { name } = expr.callee;
  if (name === 'type_as') return expr.args[0]?.value;
  if (name !== 'to' && name !== 'type') return undefined;
  for (const { value } of expr.args) if (value.kind === 'Attribute' && value.name === 'dtype') return value.object;
  return undefined;
}

const HALF_NAME = /(^|[._])(fp16|float16|half|use_amp|amp|mixed_precision|GradScaler)$/;

/** Whether the file speaks of float16 anywhere: a dtype, an autocast region, a scaler, a flag. */
function mentionsHalf(model: SemanticModel): boolean {
  return model.analyses.some((analysis) => derived(analysis, speaksOfHalf, () => speaksOfHalf(analysis)));
}

function speaksOfHalf({ values, segment }: SegmentAnalysis): boolean {
  if (!/16|half|amp|mixed|Scaler|autocast/.test(segment.text)) return false;
  for (const [expr, value] of values) {
    if (value.kind === 'library' && HALF_NAME.test(canonicalName(value.name))) return true;
    const region = autocastRegion(value);
    if (region && region !== 'off' && region.dtype !== 'bfloat16') return true;
    const name = dottedName(expr);
    if (name !== undefined && value.kind !== 'library' && HALF_NAME.test(name)) return true;
  }
  return false;
}

// ---------------------------------------------------------------- what is said and done

function message(masking: Masking, { dtype, state }: Precision): string {
  const { segment, constant, tensor, form, framework, operation } = masking;
  const number = oneLine(sourceOf(segment, constant), 40);
  const what = tensor ? `\`${oneLine(sourceOf(segment, tensor), 50)}\`` : `the tensor that \`${operation}\` makes`;
  const when =
    state === 'is'
      ? `${what} is ${dtype}`
      : state === 'becomes'
        ? `${what} is ${dtype} under autocast`
        : `${what} can be ${dtype}`;
  const raises = framework === 'torch' && (form === 'fill' || form === 'full');
  const effect = raises
    ? `\`${operation}\` then raises an error`
    : form === 'product' && framework !== 'torch'
      ? 'it becomes -inf, and 0 times that is NaN'
      : 'it becomes -inf there, and softmax of a row that is masked as a whole is NaN';
  return `\`${number}\` is below the smallest ${dtype}, and ${when}: ${effect}. Use the smallest number of the dtype itself.`;
}

function fixes(model: SemanticModel, masking: Masking): LocalFix[] {
  const { segment, constant, form, value, stored } = masking;
  const result: LocalFix[] = [];
  const replace = (title: string, text: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span: { start: constant.start, end: constant.end }, text }],
  });
  const isPositive = (literalNumber(model.valueOf(segment, constant)) ?? stored) > 0;
  const smallest = smallestOfDType(model, masking);
  // Half of it leaves room for the scores to which the product is added.
  if (smallest !== undefined && form === 'product') {
    const [end, limit] = isPositive ? ['largest', smallest.replace(/min$/, 'max')] : ['smallest', smallest];
    result.push(replace(`Use half the dtype's ${end} number`, `(${limit} / 2)`));
  } else if (smallest !== undefined) result.push(replace("Use the dtype's smallest number", smallest));
  if (value.dtype !== 'bfloat16')
    result.push(replace(`Use ${isPositive ? '1e4' : '-1e4'}, which float16 can hold`, isPositive ? '1e4' : '-1e4'));
  return result;
}

/** `torch.finfo(scores.dtype).min`, where the scores have a name. */
function smallestOfDType(model: SemanticModel, masking: Masking): string | undefined {
  const { framework, value } = masking;
  const tensor = masking.form === 'product' ? namedFactor(model, masking) : masking.tensor;
  const name = tensor && dottedName(tensor);
  if (masking.form === 'full' && tensor === undefined) {
    const torch = model.nameFor('torch');
    return torch !== undefined && framework === 'torch' ? `${torch}.finfo(${torch}.${value.dtype}).min` : undefined;
  }
  if (name === undefined) return undefined;
  if (framework === 'tensorflow') return `${name}.dtype.min`;
  const home = { torch: 'torch', jax: 'jax.numpy', numpy: 'numpy' }[framework as string];
  const library = home === undefined ? undefined : model.nameFor(home);
  return library === undefined ? undefined : `${library}.finfo(${name}.dtype).min`;
}

/** In `(1 - mask) * -1e9` the mask, if its dtype is the product's. */
function namedFactor(model: SemanticModel, { tensor, segment, value }: Masking): Expr | undefined {
  let found: Expr | undefined;
  if (!tensor) return undefined;
  walkExpressions(tensor, (expr) => {
    const donor = dtypeGivenTo(expr);
    if (donor && dottedName(donor) !== undefined) {
      found ??= donor;
      return 'skip';
    }
    if (expr.kind !== 'Name' && expr.kind !== 'Attribute') return undefined;
    const own = asQuantity(model.valueOf(segment, expr));
    if (value.dtype !== undefined && own.dtype === value.dtype) found ??= expr;
    return 'skip';
  });
  return found;
}
