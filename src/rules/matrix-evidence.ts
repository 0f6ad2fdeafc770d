// What says that a matrix can be singular, or can have equal eigenvalues: how it is made, or what it is called.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { dottedName } from '../semantic/program';
import { asQuantity, type Evidence, literalNumber } from '../semantic/value';
import type { Expr, Node, Segment } from '../syntax/ast';
import { blocksOf, walkStatements } from '../syntax/walk';
import { definitionBefore } from './data-flow';
import { sourceOf } from './rule';
import { ancestors } from './statements';

export type MatrixKind = 'gram' | 'cross' | 'difference' | 'named' | 'unknown';

export interface MatrixEvidence {
  readonly kind: MatrixKind;
  readonly related: readonly Evidence[];
}

/** How many names are followed back to what they were given. */
const LONGEST_CHAIN = 6;

/** Why a matrix can be singular; undefined where somebody has seen to it that it is not. */
export function matrixEvidence(
  model: SemanticModel,
  segment: Segment,
  expr: Expr,
  named: RegExp,
): MatrixEvidence | undefined {
  const { matrix } = asQuantity(model.valueOf(segment, expr));
  if (CARED_FOR.test(sourceOf(segment, expr)) || isMended(model, segment, expr)) return undefined;
  switch (matrix?.trait) {
    case 'gram':
    case 'cross':
    case 'difference': {
      // Of two different factors, a product is as good as unknown; a name may say more.
      if (matrix.trait === 'cross' && isNamed(model, segment, expr, named, 0)) return { kind: 'named', related: [] };
      if (matrix.segment === segment && isOfFactors(segment, matrix)) return undefined;
      const message = matrix.trait === 'difference' ? 'rounding can leave it indefinite' : 'it is made of data here';
      const isElsewhere = matrix.span.start < expr.start || matrix.span.end > expr.end;
      return {
        kind: matrix.trait,
        related: isElsewhere ? [{ segment: matrix.segment, span: matrix.span, message }] : [],
      };
    }
    case 'regular':
    case 'diagonal':
      return undefined;
    default:
      return { kind: isNamed(model, segment, expr, named, 0) ? 'named' : 'unknown', related: [] };
  }
}

/** Whoever writes this beside a matrix has thought of it: a jitter, a ridge, the unit matrix. */
const CARED_FOR =
  /jitter|nugget|ridge|damp|tikhonov|regulari[sz]|shrink|ledoit|(^|[^a-z])(eps|epsilon|reg)([^a-z]|$)|\beye\b|identity|noise|safe|stable|lazy/i;

/** A triangular or orthogonal factor, by its name: its product with itself is as regular as it is. */
const FACTOR =
  /^(self\.)?_*([LR]|\w+_[LR]|(\w*_)?(chol\w*|tril|triu|root|sqrt|rot|rotation|basis|ortho\w*|pose)(_\w*)?)(\W|$)/;

function isOfFactors(
  segment: Segment,
  { span }: { readonly span: { readonly start: number; readonly end: number } },
): boolean {
  return sourceOf(segment, span)
    .split(/@|matmul\(|mm\(|,/)
    .some((part) => FACTOR.test(part.trim().replace(/\s/g, '')));
}

/** A matrix is what its name says, unless what it was given shows that something was added to it. */
function isNamed(model: SemanticModel, segment: Segment, expr: Expr, named: RegExp, depth: number): boolean {
  if (depth > LONGEST_CHAIN) return false;
  const { matrix } = asQuantity(model.valueOf(segment, expr));
  if (matrix?.trait === 'regular' || matrix?.trait === 'diagonal') return false;
  switch (expr.kind) {
    case 'Name': {
      const definition = definitionBefore(model, segment, expr.id, expr);
      if (!definition) return named.test(expr.id);
      if (MADE_HERE.test(expr.id)) return definition.kind === 'Call' && !CARED_FOR.test(sourceOf(segment, definition));
      if (CARED_FOR.test(sourceOf(segment, definition)) || addsSomething(model, segment, definition)) return false;
      return named.test(expr.id) || isNamed(model, segment, definition, named, depth + 1);
    }
    case 'Attribute':
      if (/^(T|mT|H|data)$/.test(expr.name)) return isNamed(model, segment, expr.object, named, depth + 1);
      return named.test(expr.name) && !isMadeWithCare(model, segment, expr.object);
    case 'Subscript':
      return isNamed(model, segment, expr.object, named, depth + 1);
    case 'Call': {
      const { callee } = expr;
      if (callee.kind === 'Name') return named.test(callee.id);
      if (callee.kind !== 'Attribute') return false;
      if (PASSES.test(callee.name)) return isNamed(model, segment, callee.object, named, depth + 1);
      return named.test(callee.name);
    }
    case 'Binary':
      if (expr.operator === '/') return isNamed(model, segment, expr.left, named, depth + 1);
      if (expr.operator !== '*') return false;
      return [expr.left, expr.right].some((side) => isNamed(model, segment, side, named, depth + 1));
    default:
      return false;
  }
}

/** `posterior.covariance_matrix` of a posterior that was asked for with its noise. */
function isMadeWithCare(model: SemanticModel, segment: Segment, owner: Expr): boolean {
  if (owner.kind !== 'Name') return false;
  const definition = definitionBefore(model, segment, owner.id, owner);
  return definition !== undefined && CARED_FOR.test(sourceOf(segment, definition));
}

/** Kernel matrices of Gaussian processes, which other code gets with a jitter on them. */
const MADE_HERE = /^K(_?[a-zA-Z]{1,2}){0,2}$/;

const PASSES =
  /^(float|double|to|cpu|cuda|clone|contiguous|detach|type|type_as|squeeze|unsqueeze|expand|astype|copy|numpy)$/;

/** A sum of matrices: the second one may be what keeps the first regular. */
function addsSomething(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  if (expr.kind === 'Call' && expr.callee.kind === 'Attribute')
    return /^(add|__add__|add_)$/.test(expr.callee.name) || addsSomething(model, segment, expr.callee.object);
  if (expr.kind !== 'Binary') return false;
  if (expr.operator === '+')
    return [expr.left, expr.right].every((side) => literalNumber(model.valueOf(segment, side)) === undefined);
  return addsSomething(model, segment, expr.left) || addsSomething(model, segment, expr.right);
}

// ---------------------------------------------------------------- what stands before it

const ON_DIAGONAL = /diag|jitter|nugget|\beye\b|identity|ridge|damp|eps|reg|::|noise/i;

/** `cov.diagonal().add_(eps)`, `K.view(-1)[::n + 1] += jitter`: a statement before it that works on the diagonal. */
function isMended(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  const name = rootName(expr);
  const scope = model.enclosingFunction(segment, expr);
  if (name === undefined || !scope) return false;
  const word = new RegExp(`\\b${name.replaceAll('.', '\\.')}\\b`);
  let isMended = false;
  walkStatements(scope.body.body, (stmt) => {
    if (isMended || stmt.start >= expr.start || blocksOf(stmt).length > 0) return;
    const text = sourceOf(segment, stmt);
    if (!word.test(text) || !ON_DIAGONAL.test(text)) return;
    isMended =
      stmt.kind === 'AugAssign' ||
      (stmt.kind === 'ExprStmt' && /_\(|fill_diagonal/.test(text)) ||
      (stmt.kind === 'Assign' && stmt.targets.some((target) => word.test(sourceOf(segment, target))));
  });
  return isMended;
}

/** `cov` of `cov[0]`, `cov.float()` and cov itself. */
function rootName(expr: Expr): string | undefined {
  if (expr.kind === 'Subscript') return rootName(expr.object);
  if (expr.kind === 'Call') return expr.callee.kind === 'Attribute' ? rootName(expr.callee.object) : undefined;
  return dottedName(expr);
}

/** Whether a failure is caught, or the matrix is looked at first. */
export function isExpected(model: SemanticModel, segment: Segment, node: Node): boolean {
  const scope = model.enclosingFunction(segment, node);
  const owner = model.enclosingClass(segment, node);
  // A distribution looks at its arguments itself; a solver that damps its matrices may do so in another method.
  if (owner && /\.positive_definite\b|check_singular|damping/.test(sourceOf(segment, owner))) return true;
  if (
    scope &&
    (/^test/.test(scope.name) ||
      CARED_FOR.test(scope.name) ||
      /matrix_rank|linalg\.cond\b/.test(sourceOf(segment, scope)))
  )
    return true;
  return ancestors(model, segment, node).some((stmt) => {
    if (stmt.kind === 'Try' && node.start < stmt.body.end)
      return stmt.handlers.some(({ type }) => !type || CATCHES.test(sourceOf(segment, type)));
    return (stmt.kind === 'If' || stmt.kind === 'While') && /\bdet\b|\bcond\b|rank/.test(sourceOf(segment, stmt.test));
  });
}

const CATCHES = /LinAlgError|RuntimeError|ValueError|ArithmeticError|Exception|InvalidArgument|Error\b/;

/** The determinant of which a logarithm is taken, behind an absolute value and behind a name. */
export function determinantIn(model: SemanticModel, segment: Segment, expr: Expr): OperationSite | undefined {
  let { origin } = asQuantity(model.valueOf(segment, expr));
  if (origin?.operation === 'abs' && origin.operand) origin = asQuantity(model.valueOf(segment, origin.operand)).origin;
  if (origin?.operation !== 'det' || origin.segment !== segment) return undefined;
  const { node } = origin;
  if (model.enclosingFunction(segment, node) !== model.enclosingFunction(segment, expr)) return undefined;
  return model.analysisOf(segment)?.sites.find((site) => site.node === node);
}
