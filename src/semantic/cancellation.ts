// Differences of squares and products: not negative on paper, and below 0 once what they are made of is rounded.

import type { CallExpr, Expr, Node, Segment } from '../syntax/ast';
import type { SiteOperand } from './operation-site';
import { nonNegative } from './range';
import {
  asQuantity,
  type Cancellation,
  type Degree,
  isTensor,
  literalNumber,
  type Quantity,
  type Value,
} from './value';

/** Where a value is made. */
export interface Place {
  readonly node: Node;
  readonly segment: Segment;
}

/** The value of `left operator right` with what it says of squares, products and their differences. */
export function withForm(
  operator: string,
  left: SiteOperand,
  right: SiteOperand,
  result: Quantity,
  place: Place,
): Quantity {
  switch (operator) {
    case '**':
    case '*':
    case '/':
    case '@':
      return formed(result, productDegree(operator, left, right), scaledCancellation(operator, left, right));
    case '+':
      return formed(result, sumDegree(left, right), sumCancellation(left, right, place));
    case '-': {
      const cancels = differenceCancellation(left, right, result, place);
      // Of two unit vectors the product comes out a little above 1.
      const isUnit = asQuantity(right.value).degree?.isUnit === true;
      const isRounded = isUnit && cancels?.node === place.node && result.range.lo === 0;
      const range = isRounded ? { ...result.range, lo: -(2 ** -23), reachesLo: 1 as const } : result.range;
      return formed(isRounded ? { ...result, range } : result, differenceDegree(left, right), cancels);
    }
    default:
      return result;
  }
}

function formed(result: Quantity, degree: Degree | undefined, cancels: Cancellation | undefined): Quantity {
  // Of a posterior's variance it is only its name that says it is not negative.
  const isByName = cancels?.kind === 'posterior' && result.assumed === true && result.range.lo === 0;
  const isNegative = cancels !== undefined && (result.range.lo < 0 || isByName);
  if (!degree && !isNegative) return result;
  return { ...result, ...(degree ? { degree } : {}), ...(isNegative ? { cancels } : {}) };
}

/** A minus before a value: what was added is taken off. */
export function negatedForm(operand: Quantity, result: Quantity): Quantity {
  return operand.degree ? { ...result, degree: opposite(operand.degree) } : result;
}

// ---------------------------------------------------------------- calls

const OPERATORS: Readonly<Record<string, string>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  power: '**',
};

/** Operations that give elements of their operand, or a sum or mean of them. */
const PASSES: ReadonlySet<string> = new Set([
  'same',
  'select',
  'masked_select',
  'detach',
  'item',
  'literal',
  'cast',
  'cast_float16',
  'cast_bfloat16',
  'cast_float32',
  'cast_float64',
  'sum',
  'mean',
  'smallest',
]);

/** The same of a call of the library tables. */
export function withCallForm(
  operation: string,
  operands: ReadonlyMap<string, SiteOperand>,
  result: Quantity,
  place: Place & { readonly node: Expr },
): Quantity {
  const [x, y] = [operands.get('x'), operands.get('y')];
  const operator = Object.hasOwn(OPERATORS, operation) ? OPERATORS[operation] : undefined;
  if (operator !== undefined) return x && y ? withForm(operator, x, y, result, place) : result;
  if (operation === 'square' && x) return formed(result, squareOf(x), undefined);
  if (operation === 'normalized' && y) return formed(result, { ...MATRIX_PRODUCT, isUnit: true }, undefined);
  if (operation === 'affine') return matrixForm(operands, result, place);
  if (operation === 'add_product') return formed(result, undefined, addedProduct(operands, place));
  if (operation === 'where') return formed(result, undefined, chosen(x?.value, y?.value));
  // A bound of which nothing is known is one that somebody has thought of.
  if (operation === 'clamp')
    return operands.has('min') ? result : formed(result, undefined, asQuantity(x?.value).cancels);
  if (!PASSES.has(operation) || !x) return result;
  const { degree, cancels } = asQuantity(x.value);
  return formed(result, degree, cancels);
}

function chosen(a: Value | undefined, b: Value | undefined): Cancellation | undefined {
  return [a, b].map(asQuantity).find((q) => q.cancels && q.range.lo < 0)?.cancels;
}

/** `torch.mm(x, y)`, and the sum of squares that `dot(x, x)` is; layers are no products of two values. */
function matrixForm(operands: ReadonlyMap<string, SiteOperand>, result: Quantity, { node, segment }: Place): Quantity {
  if (node.kind !== 'Call') return result;
  const values = operands.has('equation') ? node.args.slice(1) : [operands.get('x'), operands.get('y')];
  const [x, y] = values.map((value) => value && ('expr' in value ? value.expr : value.value));
  if (!x || !y || values.length !== 2) return result;
  const isSame = segment.text.slice(x.start, x.end) === segment.text.slice(y.start, y.end);
  if (!isSame || !/^(v?dot|inner|einsum)$/.test(nameOf(node.callee) ?? ''))
    return formed(result, MATRIX_PRODUCT, undefined);
  const { role: _, ...rest } = result;
  const span = { start: node.start, end: node.end };
  const because = [{ segment, span, message: 'a square is 0 for 0', operation: 'square' }];
  return formed({ ...rest, range: nonNegative(1), because }, squareOf({ expr: x, value: result }), undefined);
}

/** `distances.addmm_(a, b, alpha=-2)`: the third part of an expanded squared distance. */
function addedProduct(operands: ReadonlyMap<string, SiteOperand>, place: Place): Cancellation | undefined {
  const given = ['alpha', 'second', 'third'].map((name) => literalNumber(operands.get(name)?.value));
  return given.some((n) => n !== undefined && n < 0) ? { kind: 'products', ...place } : undefined;
}

// ---------------------------------------------------------------- squares and products

const MATRIX_PRODUCT: Degree = { of: 'matrix product', isNegative: false };

function squareOf({ expr, value }: SiteOperand): Degree {
  const name = lastName(expr);
  const isUnit = asQuantity(value).degree?.isUnit === true;
  const base = name === undefined ? {} : { base: name };
  return { of: 'square', isNegative: false, ...base, ...(isUnit ? { isUnit } : {}) };
}

function opposite(degree: Degree): Degree {
  return { ...degree, isNegative: !degree.isNegative };
}

function productDegree(operator: string, left: SiteOperand, right: SiteOperand): Degree | undefined {
  const [a, b] = [asQuantity(left.value), asQuantity(right.value)];
  switch (operator) {
    case '**': {
      const n = literalNumber(b);
      return n !== undefined && n > 0 && n % 2 === 0 && literalNumber(a) === undefined ? squareOf(left) : undefined;
    }
    case '@':
      return a.term !== undefined && a.term === b.term ? squareOf(left) : MATRIX_PRODUCT;
    case '/':
      return a.degree;
    default: {
      const [m, n] = [literalNumber(a), literalNumber(b)];
      if (m !== undefined && n !== undefined) return undefined;
      if (m !== undefined) return scaled(b.degree, m);
      if (n !== undefined) return scaled(a.degree, n);
      if (a.term !== undefined && a.term === b.term) return squareOf(left);
      // A weight below 1 is no match either, and nothing says of a configured one that it is none.
      if (a.degree?.of === 'square' && isWeight(right)) return undefined;
      if (b.degree?.of === 'square' && isWeight(left)) return undefined;
      // By the law of cosines no distance is negative.
      if (a.origin?.operation === 'cosine' || b.origin?.operation === 'cosine') return undefined;
      const isNegative = (a.degree?.isNegative ?? false) !== (b.degree?.isNegative ?? false);
      const isMatrix = a.degree?.of === 'matrix product' || b.degree?.of === 'matrix product';
      if (a.degree?.of === 'square' && b.degree?.of === 'square') return { of: 'square', isNegative };
      return { of: isMatrix ? 'matrix product' : 'product', isNegative };
    }
  }
}

const WEIGHT = /lamb?d|lambda|weight|alpha|beta|coef|ratio|factor|focus|^w\d?$/i;

function isWeight({ expr, value }: SiteOperand): boolean {
  const name = nameOf(expr);
  return asQuantity(value).holder === 'scalar' || (name !== undefined && WEIGHT.test(name));
}

/** Half of a square is no match for the whole of another. */
function scaled(degree: Degree | undefined, factor: number): Degree | undefined {
  if (!degree || factor === 0 || (degree.of === 'square' && Math.abs(factor) < 1)) return undefined;
  return factor < 0 ? opposite(degree) : degree;
}

function sumDegree(left: SiteOperand, right: SiteOperand): Degree | undefined {
  const [a, b] = [asQuantity(left.value), asQuantity(right.value)];
  if (a.degree && b.degree) {
    if (a.degree.isNegative !== b.degree.isNegative) return undefined;
    if (a.degree.of === b.degree.of) return { of: a.degree.of, isNegative: a.degree.isNegative };
    return { of: 'product', isNegative: a.degree.isNegative };
  }
  return undefined;
}

/** `ad - bc` is of second degree like its parts. */
function differenceDegree(left: SiteOperand, right: SiteOperand): Degree | undefined {
  const [a, b] = [asQuantity(left.value).degree, asQuantity(right.value).degree];
  return a && b ? { of: 'product', isNegative: false } : undefined;
}

// ---------------------------------------------------------------- differences

/** What people call the mean of squares, or a sum of them. */
const SQUARES =
  /(^|_)(sq|sqs|sqr|sqrd|sqsum|sumsq|squares?|squared|ss)(_|$)|(^|_)[a-z]+_?2(_|$)|^(xx|yy|xnorm|ynorm)$/i;
const SURELY_SQUARED = /(^|_)(sq|sqr|sqrd|square|squared|abs_sq)$/i;
const MEAN = /(^|_)(mu|mus|ex|m|sum|sums|first_moment)(\d|_|$)|mean|average|avg/i;
/** Noise levels of diffusion, rates of a schedule: below 1 by construction. */
const SCHEDULE =
  /alpha|beta|gamma|sigma|snr|cumprod|noise|decay|momentum|^b[12]$|(^|_)(t|s|eta|lr|rate|level|scale|ratio|frac|prob|eps|std|bar|time|times|timestep|step|q)s?(_|$)/i;
/** What is larger is no epsilon: it makes another value of the difference. */
const LARGEST_EPSILON = 0.01;
const EPSILON = /eps|jitter|small|tiny|smooth|nugget|regular|floor|ridge/i;

function degreeByName(operand: SiteOperand, names: RegExp): Degree | undefined {
  const value = asQuantity(operand.value);
  if (value.degree) return value.degree;
  if (literalNumber(value) !== undefined) return undefined;
  const name = nameOf(operand.expr);
  return name !== undefined && names.test(name) ? { of: 'square', isNegative: false, base: name } : undefined;
}

/** Whether a value is a square, or a sum or mean of squares, by how it is made or by its name. */
export function isOfSquares(operand: SiteOperand): boolean {
  const degree = degreeByName(operand, SQUARES);
  return degree?.of === 'square' && !degree.isNegative;
}

function differenceCancellation(
  left: SiteOperand,
  right: SiteOperand,
  result: Quantity,
  place: Place,
): Cancellation | undefined {
  const [a, b] = [asQuantity(left.value), asQuantity(right.value)];
  if (isWhole(a) && isWhole(b)) return undefined;
  const n = literalNumber(a);
  if (n !== undefined) return n > 0 ? complement(b, result, place) : undefined;
  if (a.cancels && (literalNumber(b) !== undefined || b.degree)) return a.cancels;
  const kind = kindOfDifference(left, right, result);
  return kind && { kind, ...place };
}

/** `1 - x**2`, `2 - 2 * a @ b.T` of unit vectors. */
function complement(b: Quantity, result: Quantity, place: Place): Cancellation | undefined {
  const { degree } = b;
  if (!degree || degree.isNegative || degree.of === 'product') return undefined;
  if (result.range.lo >= 0 && !(degree.isUnit && result.range.lo === 0)) return undefined;
  if (degree.of === 'square' && b.holder === 'scalar') return undefined;
  return degree.base !== undefined && SCHEDULE.test(degree.base) ? undefined : { kind: 'complement', ...place };
}

function kindOfDifference(left: SiteOperand, right: SiteOperand, result: Quantity): Cancellation['kind'] | undefined {
  const [a, b] = [asQuantity(left.value), asQuantity(right.value)];
  const [above, below] = [degreeByName(left, SQUARES), degreeByName(right, SURELY_SQUARED)];
  if (below?.isNegative || above?.isNegative) return undefined;
  const isScheduled = [above?.base, below?.base].some((name) => name !== undefined && SCHEDULE.test(name));
  switch (below?.of) {
    case 'square':
      if (below.base !== undefined && MEAN.test(below.base)) return 'variance';
      if (isScheduled || literalNumber(b) !== undefined) return undefined;
      return above === undefined ? 'residual' : above.of === 'square' ? 'difference' : 'products';
    case 'product':
      if (isScheduled) return undefined;
      if (above?.of === 'square') return isMean(right.expr) ? 'variance' : 'products';
      return above ? 'products' : undefined;
    case 'matrix product':
      return above?.of === 'square' ? 'products' : 'residual';
    default:
      break;
  }
  const isPlain = right.expr.kind !== 'Binary';
  if (above?.of === 'square' && a.degree && isPlain && !isScheduled) return 'difference';
  // Both are computed and neither is negative: nothing says which of them is the larger one.
  const isPair =
    isPlain && isTensor(a) && isTensor(b) && a.range.lo === 0 && b.range.lo === 0 && literalNumber(b) === undefined;
  return isPair && !(a.assumed && b.assumed) && result.range.lo < 0 ? 'difference' : undefined;
}

/** `mean * total`: what a mean is multiplied by. */
function isMean(expr: Expr): boolean {
  if (expr.kind === 'Binary' && (expr.operator === '*' || expr.operator === '/'))
    return isMean(expr.left) || isMean(expr.right);
  const name = nameOf(expr);
  return name !== undefined && MEAN.test(name);
}

function sumCancellation(left: SiteOperand, right: SiteOperand, place: Place): Cancellation | undefined {
  const [a, b] = [asQuantity(left.value), asQuantity(right.value)];
  if (a.cancels || b.cancels) return a.cancels ? widened(a.cancels, right) : widened(b.cancels, left);
  // `-2 * x @ y.T + squares`
  const [minus, other] = a.degree?.isNegative ? [a, right] : b.degree?.isNegative ? [b, left] : [];
  if (!minus || !other || minus.degree?.of === 'square') return undefined;
  const added = degreeByName(other, SQUARES);
  return added && !added.isNegative ? { kind: 'products', ...place } : undefined;
}

/** What is added to a difference: another square, or an epsilon that may be too small for what rounding takes. */
function widened(cancels: Cancellation | undefined, added: SiteOperand): Cancellation | undefined {
  if (!cancels) return undefined;
  const q = asQuantity(added.value);
  const n = literalNumber(q);
  if (n !== undefined && n > LARGEST_EPSILON) return undefined;
  if (n !== undefined) return n < 0 ? cancels : { ...cancels, margin: (cancels.margin ?? 0) + n };
  if (degreeByName(added, SQUARES)) return cancels;
  const name = nameOf(added.expr);
  if (q.holder === 'scalar' || (name !== undefined && EPSILON.test(name)))
    return { ...cancels, margin: Number.POSITIVE_INFINITY };
  return cancels.kind === 'products' ? cancels : undefined;
}

function scaledCancellation(operator: string, left: SiteOperand, right: SiteOperand): Cancellation | undefined {
  const [a, b] = [asQuantity(left.value), asQuantity(right.value)];
  if (operator === '/') return a.cancels && !(b.range.hi < 0) ? a.cancels : undefined;
  if (operator !== '*') return undefined;
  const [cancels, factor] = a.cancels ? [a.cancels, b] : [b.cancels, a];
  if (!cancels) return undefined;
  return factor.range.lo >= 0 || factor.holder === 'scalar' || factor.cancels ? cancels : undefined;
}

function isWhole(q: Quantity): boolean {
  return q.dtype === 'integer' || q.role === 'size' || q.role === 'count';
}

/** The last part of a name, of what is called or of what is indexed. */
export function nameOf(expr: Expr): string | undefined {
  switch (expr.kind) {
    case 'Name':
      return expr.id;
    case 'Attribute':
      return expr.name;
    case 'Subscript':
      return nameOf(expr.object);
    case 'Call':
      return nameOf(expr.callee);
    case 'Binary':
      return expr.operator === '/' ? nameOf(expr.left) : undefined;
    default:
      return undefined;
  }
}

/** Of `x.mean(0)` and of `np.mean(x)` "mean", of `self.mu` "mu", of `mean.unsqueeze(1)` "mean". */
function lastName(expr: Expr): string | undefined {
  if (expr.kind === 'Call' && expr.callee.kind === 'Attribute' && MOVES.test(expr.callee.name))
    return lastName(expr.callee.object);
  return nameOf(expr);
}

const MOVES = /^(unsqueeze|squeeze|view|reshape|expand|expand_as|float|double|detach|flatten)$/;

// ---------------------------------------------------------------- variances of a posterior

const POSTERIOR = /post|marginal|predictive|mvn|(^|_)gps?(_|$)|likelihood|function_dist|f_dist|qf|pred|output|model/i;

/**
 * `posterior.variance` is what is left of a prior variance once the data's share is taken off, and rounding takes it to
 * 0 and below. Distributions with a formula for their variance are called otherwise, and are mostly asked for `stddev`.
 */
export function posteriorVariance(object: Expr, name: string, place: Place): Cancellation | undefined {
  if (name !== 'variance') return undefined;
  const owner = lastName(object);
  return owner !== undefined && POSTERIOR.test(owner) ? { kind: 'posterior', ...place } : undefined;
}

/** Eigenvalues of a matrix that has no negative ones: the smallest come out on either side of 0. */
export function eigenvalues(operation: string, result: Value, place: Place & { readonly node: CallExpr }): Value {
  // Those of a matrix that is not symmetric are complex.
  if (nameOf(place.node.callee) === 'eig') return result;
  const cancels = { kind: 'eigenvalue', ...place } as const;
  if (operation === 'eigenvalues' && result.kind === 'quantity') return { ...result, cancels };
  const first = result.kind === 'sequence' ? result.elements[0] : undefined;
  if (operation !== 'eigh' || result.kind !== 'sequence' || first?.kind !== 'quantity') return result;
  return { kind: 'sequence', elements: [{ ...first, cancels }, ...result.elements.slice(1)] };
}
