// What says that the operand of a root can be exactly 0: squares, variances, clamps at 0, underflowed probabilities.

import type { SemanticModel } from '../semantic/model';
import { excludesZero } from '../semantic/range';
import { asQuantity, type Origin, type Quantity } from '../semantic/value';
import type { AttributeExpr, CallExpr, Expr, FunctionDef, Segment } from '../syntax/ast';
import { walkExpressions, walkStatements } from '../syntax/walk';
import { sourceOf } from './rule';

export type ZeroKind = 'clamp' | 'probability' | 'relu' | 'variance' | 'error' | 'distance' | 'squares' | 'abs';

export interface ZeroEvidence {
  readonly kind: ZeroKind;
  /** The expression that gives the 0. */
  readonly expr: Expr;
}

/** When that happens, in words. */
export const WHEN_ZERO: Readonly<Record<ZeroKind, string>> = {
  clamp: 'because it is clamped there',
  probability: 'because a probability underflows',
  relu: 'for every negative input',
  variance: 'when all values are equal',
  error: 'when the prediction is exact',
  distance: 'where both sides are equal',
  squares: 'where all that is squared is 0',
  abs: 'where the value is 0',
};

/** A definition chain longer than this is not followed. */
const LONGEST_CHAIN = 12;

/** Why `expr` can be exactly 0 while a gradient flows through it; undefined where nothing says so. */
export function zeroEvidence(model: SemanticModel, segment: Segment, expr: Expr, depth = 0): ZeroEvidence | undefined {
  const value = asQuantity(model.valueOf(segment, expr));
  if (depth > LONGEST_CHAIN || !mayBeZeroWithGradient(value)) return undefined;
  const follow = (next: Expr | undefined): ZeroEvidence | undefined =>
    next ? zeroEvidence(model, segment, next, depth + 1) : undefined;
  if (expr.kind === 'Binary') {
    switch (expr.operator) {
      case '**':
        return squareEvidence(model, segment, expr, expr.left);
      case '*':
        if (sourceOf(segment, expr.left) === sourceOf(segment, expr.right))
          return squareEvidence(model, segment, expr, expr.left);
        return follow(expr.left) ?? follow(expr.right);
      case '/':
        return follow(expr.left);
      case '@':
        return squaredFactor(model, segment, [expr.left, expr.right]);
      case '+': {
        const [left, right] = [follow(expr.left), follow(expr.right)];
        return left && right && !areTied(expr.left, expr.right) ? left : undefined;
      }
      default:
        return undefined;
    }
  }
  const { origin } = value;
  if (!origin || origin.segment !== segment) {
    const definition = definitionOf(model, segment, expr);
    return definition ? follow(definition) : undefined;
  }
  return originEvidence(model, origin, value, (next) => (next === expr ? undefined : follow(next)));
}

function originEvidence(
  model: SemanticModel,
  origin: Origin,
  value: Quantity,
  follow: (next: Expr | undefined) => ZeroEvidence | undefined,
): ZeroEvidence | undefined {
  const { node: expr, operand } = origin;
  switch (origin.operation) {
    case 'clamp':
    case 'maximum':
      return value.range.reachesLo > 0 ? { kind: 'clamp', expr } : undefined;
    case 'softmax':
    case 'sigmoid':
      return value.range.reachesLo === 2 && !value.assumed ? { kind: 'probability', expr } : undefined;
    case 'relu':
      // torch and JAX select the gradient of relu, so that the infinite one is dropped; TensorFlow multiplies by 0.
      return value.framework === 'tensorflow' || value.framework === 'keras' ? { kind: 'relu', expr } : undefined;
    case 'variance':
      return { kind: 'variance', expr };
    case 'nonnegative_loss':
    case 'softmax_cross_entropy':
    case 'binary_cross_entropy':
    case 'sigmoid_cross_entropy':
      return { kind: 'error', expr };
    case 'abs':
      return operand && isVariable(model, origin.segment, operand) ? { kind: 'abs', expr } : undefined;
    case 'square':
    case 'power':
      return operand ? squareEvidence(model, origin.segment, expr, operand) : undefined;
    case 'affine':
      return expr.kind === 'Call' ? squaredFactor(model, origin.segment, factorsOf(expr)) : undefined;
    case 'sum':
    case 'mean':
    case 'same':
    case 'select':
    case 'cast':
    case 'cast_float32':
    case 'cast_float16':
    case 'cast_bfloat16':
      return follow(operand);
    default:
      return undefined;
  }
}

/** What a matrix product multiplies: the receiver of a method is the first factor. */
function factorsOf({ callee, args }: CallExpr): Expr[] {
  const given = args.filter(({ unpack }) => unpack === '').map(({ value }) => value);
  return callee.kind === 'Attribute' ? [callee.object, ...given] : given;
}

/** Of a matrix product of values that are not negative, the factor that is a square: a row of zeros gives 0. */
function squaredFactor(model: SemanticModel, segment: Segment, factors: readonly Expr[]): ZeroEvidence | undefined {
  const square = factors.find((factor) => {
    const { range, because } = asQuantity(model.valueOf(segment, factor));
    const isSquare = /^square/.test(because.at(-1)?.operation ?? '') || isPowerOfTwo(factor);
    return isSquare && range.lo === 0 && range.reachesLo > 0;
  });
  return square && { kind: 'squares', expr: square };
}

function isPowerOfTwo(expr: Expr): boolean {
  return expr.kind === 'Binary' && expr.operator === '**' && expr.right.kind === 'Number' && expr.right.value === 2;
}

/** A value that may be 0 by its range, and that a gradient can reach. */
function mayBeZeroWithGradient(value: Quantity): boolean {
  const { range, role } = value;
  if (range.lo !== 0 || range.hi === 0 || excludesZero(range) || value.gradient === false) return false;
  if (value.holder === 'scalar' || value.framework === 'numpy' || value.framework === 'python') return false;
  if (value.dtype === 'integer' || value.dtype === 'bool') return false;
  return (
    role !== 'count' &&
    role !== 'mask' &&
    role !== 'one-hot' &&
    role !== 'size' &&
    role !== 'class-ids' &&
    role !== 'length'
  );
}

function squareEvidence(model: SemanticModel, segment: Segment, square: Expr, base: Expr): ZeroEvidence | undefined {
  if (!isVariable(model, segment, base)) return undefined;
  return { kind: isDifference(model, segment, base) ? 'distance' : 'squares', expr: square };
}

/** Constants and scales of a configuration are not 0; what a network or a batch gives can be. */
function isVariable(model: SemanticModel, segment: Segment, base: Expr): boolean {
  const value = asQuantity(model.valueOf(segment, base));
  if (excludesZero(value.range) || value.holder === 'scalar') return false;
  if (value.gradient === false || value.framework === 'numpy' || value.dtype === 'integer') return false;
  switch (base.kind) {
    case 'Number':
      return false;
    case 'Name':
      return value.holder === 'tensor' || !POSITIVE_BY_NAME.test(base.id);
    case 'Attribute':
      return base.name === 'real' || base.name === 'imag' || (value.holder === 'tensor' && !isOfSelf(base));
    case 'Call':
      // exp(log_std) and the like.
      return !(value.origin?.operation === 'exp' || value.origin?.operation === 'softplus');
    case 'Binary':
      // 1 - t: a distance to a constant is hardly ever exactly 0.
      return base.left.kind !== 'Number' && base.right.kind !== 'Number';
    default:
      return true;
  }
}

const POSITIVE_BY_NAME = /sigma|std|scale|temp|alpha|beta|gamma|eps|radius|weight|mask/i;

function isOfSelf(expr: AttributeExpr): boolean {
  return expr.object.kind === 'Name' && expr.object.id === 'self';
}

export function isDifference(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  if (expr.kind === 'Binary') return expr.operator === '-' && expr.left.kind !== 'Number';
  if (expr.kind === 'Subscript') return isDifference(model, segment, expr.object);
  if (expr.kind !== 'Name') return false;
  const definition = definitionOf(model, segment, expr);
  return definition !== undefined && definition.kind !== 'Name' && isDifference(model, segment, definition);
}

/** What a name was bound to, where its function binds it once and by a plain assignment. */
function definitionOf(model: SemanticModel, segment: Segment, expr: Expr): Expr | undefined {
  if (expr.kind !== 'Name') return undefined;
  const scope = model.enclosingFunction(segment, expr);
  if (!scope || scope.params.some((parameter) => parameter.name === expr.id)) return undefined;
  const found: (Expr | undefined)[] = [];
  walkStatements(scope.body.body, (stmt) => {
    if (stmt.kind === 'Assign')
      for (const target of stmt.targets) {
        if (target.kind === 'Name') {
          if (target.id === expr.id) found.push(stmt.targets.length === 1 ? stmt.value : undefined);
        } else
          walkExpressions(target, (part) => {
            if (part.kind === 'Name' && part.id === expr.id && target.kind !== 'Subscript') found.push(undefined);
          });
      }
    else if ((stmt.kind === 'AugAssign' || stmt.kind === 'For') && mentions(stmt.target, expr.id))
      found.push(undefined);
  });
  const [only] = found;
  return found.length === 1 && only && only.start < expr.start ? only : undefined;
}

function mentions(expr: Expr, name: string): boolean {
  let is = false;
  walkExpressions(expr, (part) => {
    if (part.kind === 'Name' && part.id === name) is = true;
  });
  return is;
}

/** `t**2 + (1 - t)**2` is never 0, though each summand can be: a shared name beside a constant ties them. */
function areTied(left: Expr, right: Expr): boolean {
  const names = new Set<string>();
  walkExpressions(left, (part) => {
    if (part.kind === 'Name') names.add(part.id);
  });
  let isShared = false;
  walkExpressions(right, (part) => {
    if (part.kind === 'Name' && names.has(part.id)) isShared = true;
  });
  return isShared && (hasShift(left) || hasShift(right));
}

function hasShift(expr: Expr): boolean {
  let is = false;
  walkExpressions(expr, (part) => {
    if (part.kind === 'Binary' && (part.operator === '-' || part.operator === '+'))
      is ||= part.left.kind === 'Number' || part.right.kind === 'Number';
  });
  return is;
}

/** Whether a bare division by `name` stands in the function: the division is then the first to break. */
export function dividesBy(scope: FunctionDef, name: string): boolean {
  let is = false;
  walkStatements(scope.body.body, (stmt) => {
    if (stmt.kind === 'AugAssign' && stmt.operator === '/' && stmt.value.kind === 'Name') is ||= stmt.value.id === name;
  });
  walkExpressions(scope, (part) => {
    if (part.kind === 'Binary' && part.operator === '/' && part.right.kind === 'Name') is ||= part.right.id === name;
  });
  return is;
}
