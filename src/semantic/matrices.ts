// What is known of a value as a square matrix: whether it is made of data that may depend on itself, or kept invertible.

import type { CallExpr, Expr } from '../syntax/ast';
import type { Environment } from './environment';
import type { SiteOperand } from './operation-site';
import { dottedName } from './program';
import { asQuantity, type Evidence, literalNumber, literalString, type MatrixTrait, type Quantity } from './value';

/** The traits of the two sides, and of what an operator makes of them. */
export function traitOfOperator(operator: string, a: Quantity, b: Quantity): MatrixTrait | undefined {
  const [x, y] = [a.matrix?.trait, b.matrix?.trait];
  if (operator !== '@' && x === undefined && y === undefined) return undefined;
  switch (operator) {
    case '@':
      return traitOfProduct(a, b);
    case '+':
      if (x === 'diagonal' || y === 'diagonal') return x === y ? 'diagonal' : 'regular';
      if (x === 'gram' || x === 'regular')
        return y === x || isNumber(b) ? x : y === 'gram' || y === 'regular' ? 'regular' : undefined;
      if (y === 'gram' || y === 'regular') return isNumber(a) ? y : undefined;
      return (x === 'distances' && isNumber(b)) || (y === 'distances' && isNumber(a)) ? 'distances' : undefined;
    case '-':
      if (isNumber(a) || isNumber(b)) return undefined;
      // I - A B and its like are written to be inverted.
      if (x === 'diagonal' || x === 'product' || x === 'cross') return undefined;
      return y === 'product' || y === 'cross' || y === 'gram' ? 'difference' : undefined;
    case '*':
      if (x === 'diagonal' || y === 'diagonal') return 'diagonal';
      return x === undefined || x === y ? y : y === undefined ? x : undefined;
    case '/':
      return y === undefined ? x : undefined;
    case '**':
      return x === 'distances' ? x : undefined;
    default:
      return undefined;
  }
}

function isNumber(q: Quantity): boolean {
  return q.holder === 'scalar' || literalNumber(q) !== undefined;
}

function traitOfProduct(a: Quantity, b: Quantity): MatrixTrait {
  const [x, y] = [a.matrix?.trait, b.matrix?.trait];
  if (isTransposeOf(a, b) || isTransposeOf(b, a)) return x === 'regular' || y === 'regular' ? 'regular' : 'gram';
  const isKept = (trait: MatrixTrait | undefined): boolean => trait === 'regular' || trait === 'diagonal';
  if (isKept(x) && isKept(y)) return 'regular';
  return transposed(a) !== undefined || transposed(b) !== undefined ? 'cross' : 'product';
}

function isTransposeOf(a: Quantity, b: Quantity): boolean {
  return b.term !== undefined && transposed(a) === b.term;
}

const TRANSPOSES = /(^|\.)(transpose|matrix_transpose|t|permute|swapaxes|swapdims|adjoint|mT|H)$/;

/** The term of which a value is the transpose. */
function transposed({ term, origin }: Quantity): string | undefined {
  if (term?.startsWith('T(') && term.endsWith(')')) return term.slice(2, -1);
  if (origin?.operation !== 'same' || origin.operandTerm === undefined) return undefined;
  const { callee } = origin;
  const name = callee.kind === 'method' || callee.kind === 'library' ? callee.name : '';
  return TRANSPOSES.test(name) ? origin.operandTerm : undefined;
}

/** What pairwise distances stay when each of them is changed. */
const OF_EACH: ReadonlySet<string> = new Set([
  'negate',
  'square',
  'sqrt',
  'clamp',
  'abs',
  'power',
  'maximum',
  'minimum',
]);
/** The matrix stays what it is: transposed, in another dtype, summed over a batch. */
const KEEPS: ReadonlySet<string> = new Set([
  'same',
  'detach',
  'cast',
  'cast_float16',
  'cast_bfloat16',
  'cast_float32',
  'cast_float64',
  'nan_to_num',
]);
const OPERATORS: Readonly<Record<string, string>> = { add: '+', subtract: '-', multiply: '*', divide: '/' };

/** The trait of what a call of the library tables gives. */
export function traitOfCall(
  operation: string,
  name: string,
  call: CallExpr,
  operands: ReadonlyMap<string, SiteOperand>,
): MatrixTrait | undefined {
  const x = asQuantity(operands.get('x')?.value);
  const trait = x.matrix?.trait;
  if (/(^|\.)diag(_embed|flat)?$/.test(name)) return trait === undefined ? 'diagonal' : undefined;
  if (/(^|\.)(cov|corrcoef)$/.test(name)) return 'gram';
  const operator = OPERATORS[operation];
  if (operator !== undefined) return traitOfOperator(operator, x, asQuantity(operands.get('y')?.value));
  switch (operation) {
    case 'eye':
      return 'diagonal';
    case 'inverse':
    case 'cholesky':
      return 'regular';
    case 'affine':
      return traitOfCalledProduct(name, call, operands);
    case 'norm':
      return name.endsWith('cdist') && x.term !== undefined && x.term === asQuantity(operands.get('y')?.value).term
        ? 'distances'
        : undefined;
    case 'exp':
      return trait === 'distances' ? 'gram' : undefined;
    case 'sum':
    case 'mean':
      return trait === 'gram' ? trait : undefined;
    default:
      if (KEEPS.has(operation)) return trait;
      return trait === 'distances' && OF_EACH.has(operation) ? trait : undefined;
  }
}

function traitOfCalledProduct(
  name: string,
  call: CallExpr,
  operands: ReadonlyMap<string, SiteOperand>,
): MatrixTrait | undefined {
  if (/(^|\.)einsum$/.test(name)) {
    const equation = literalString(operands.get('equation')?.value);
    return equation !== undefined && call.args.length === 3 && isGramEquation(equation) && isSame(operands)
      ? 'gram'
      : 'product';
  }
  const [x, y] = [operands.get('x'), operands.get('y')];
  if (!x || !y) return undefined;
  const isTurned = call.args.some(
    ({ keyword, value }) =>
      /^(transpose|adjoint)_[ab]$/.test(keyword ?? '') && value.kind === 'Constant' && value.value === true,
  );
  const [a, b] = [asQuantity(x.value), asQuantity(y.value)];
  if (isTurned) return a.term !== undefined && a.term === b.term ? 'gram' : 'product';
  return traitOfProduct(a, b);
}

function isSame(operands: ReadonlyMap<string, SiteOperand>): boolean {
  const [x, z] = [asQuantity(operands.get('x')?.value), asQuantity(operands.get('z')?.value)];
  return x.term !== undefined && x.term === z.term;
}

/** `ni,nj->ij`: one array with itself, over an index that is summed away. */
function isGramEquation(equation: string): boolean {
  const [, p, q, out] = /^(\w+),(\w+)->(\w+)$/.exec(equation.replace(/\s|\.\.\./g, '')) ?? [];
  if (!p || !q || !out || p === q || p.length !== q.length) return false;
  const [i, j] = [out.at(-2) ?? '', out.at(-1) ?? ''];
  return i !== j && (p.replace(i, j) === q || p.replace(j, i) === q);
}

/** Puts the trait beside the rest of what is known, with the place that gave it. */
export function withTrait(
  q: Quantity,
  trait: MatrixTrait | undefined,
  place: Pick<Evidence, 'segment' | 'span'>,
): Quantity {
  return trait === undefined ? q : { ...q, matrix: { trait, ...place } };
}

/** `K` of `K.flat`, `K.view(-1)`, `K.diagonal()`, `torch.diagonal(K)`: the array whose elements they show. */
function viewedName(expr: Expr): string | undefined {
  if (expr.kind === 'Subscript') return viewedName(expr.object) ?? dottedName(expr.object);
  if (expr.kind === 'Attribute') return /^(flat|data|T|mT)$/.test(expr.name) ? dottedName(expr.object) : undefined;
  if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute') return undefined;
  const { name, object } = expr.callee;
  if (!/^(diagonal|view|reshape|ravel|flatten)$/.test(name)) return undefined;
  return dottedName(expr.args[0]?.value ?? object) ?? dottedName(object);
}

/** Who stores into a view of a matrix, such as its diagonal, has made it regular. */
export function touchMatrix(view: Expr, env: Environment): void {
  const name = viewedName(view);
  const value = name === undefined ? undefined : env.get(name);
  if (name === undefined || value?.kind !== 'quantity' || !value.matrix) return;
  env.set(name, { ...value, matrix: { ...value.matrix, trait: 'regular' } });
}
