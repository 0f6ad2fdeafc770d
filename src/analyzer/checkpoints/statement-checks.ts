// Which values of one statement are worth a check, and how the check is written.

import type { CallExpr, Expr, Stmt } from '../../syntax/ast';
import { CHECK_FUNCTION, GRADIENT_FUNCTION, HOOK_FUNCTION, pythonString } from './helper-source';
import type { CheckStyle, KindOf } from './options';
import { producedValue } from './targets';

/** A call that checks values at a place where it can simply be made again. */
export interface Check {
  readonly callee: string;
  /** Source of the checked expressions, by which the check is told from others. */
  readonly values: readonly string[];
}

/** A single-line expression that can be evaluated once more without harm: names, attributes, constant subscripts. */
export function isRepeatable(expr: Expr): boolean {
  switch (expr.kind) {
    case 'Name':
      return true;
    case 'Attribute':
      return !expr.outer && isRepeatable(expr.object);
    case 'Subscript':
      return !expr.outer && isRepeatable(expr.object) && expr.indices.every(isRepeatableIndex);
    default:
      return false;
  }
}

function isRepeatableIndex(expr: Expr): boolean {
  switch (expr.kind) {
    case 'Number':
    case 'Constant':
      return true;
    case 'String':
      return expr.value !== undefined;
    case 'Slice':
      return [expr.lower, expr.upper, expr.step].every((bound) => bound === undefined || isRepeatableIndex(bound));
    case 'Unary':
      return isRepeatableIndex(expr.operand);
    default:
      return isRepeatable(expr);
  }
}

/** Whether the value may be a tensor that this expression makes, rather than one that is only passed on. */
export function mayComputeTensor(expr: Expr, kindOf: KindOf): boolean {
  switch (expr.kind) {
    case 'Call': {
      const kind = kindOf(expr);
      if (kind !== 'unknown') return kind === 'tensor';
      return isOwnMethod(expr) || expr.args.some(({ value }) => kindOf(value) !== 'other');
    }
    case 'Binary': {
      const kind = kindOf(expr);
      // Of what is unknown, quotients without remainder and bits are counts and sizes.
      return kind === 'tensor' || (kind === 'unknown' && /^(?:[-+*/@]|\*\*)$/.test(expr.operator));
    }
    case 'Unary':
      return kindOf(expr) !== 'other' && mayComputeTensor(expr.operand, kindOf);
    case 'Subscript':
    case 'Attribute': {
      if (isRepeatable(expr)) return false;
      const kind = kindOf(expr);
      return kind === 'tensor' || (kind === 'unknown' && mayComputeTensor(expr.object, kindOf));
    }
    case 'Await':
    case 'NamedExpr':
    case 'Starred':
      return mayComputeTensor(expr.value, kindOf);
    case 'Conditional':
      return mayComputeTensor(expr.body, kindOf) || mayComputeTensor(expr.orelse, kindOf);
    case 'Bool':
      return expr.values.some((value) => mayComputeTensor(value, kindOf));
    case 'Tuple':
    case 'List':
      return expr.elements.some((element) => mayComputeTensor(element, kindOf));
    case 'Dict':
      return expr.entries.some(({ value }) => mayComputeTensor(value, kindOf));
    default:
      return false;
  }
}

function isOwnMethod({ callee }: CallExpr): boolean {
  return callee.kind === 'Attribute' && callee.object.kind === 'Name' && callee.object.id === 'self';
}

/** Targets of an assignment that can be read back, `_` left out. */
function readableTargets(target: Expr): Expr[] {
  if (target.kind === 'Tuple' || target.kind === 'List') return target.elements.flatMap(readableTargets);
  if (target.kind === 'Starred') return readableTargets(target.value);
  if (target.kind === 'Name' && /^_+$/.test(target.id)) return [];
  return isRepeatable(target) ? [target] : [];
}

/** Tells values that hold infinities on purpose. */
export type IsDeliberate = (expr: Expr) => boolean;

/** What to check right after the statement. */
export function checksAfter(
  statement: Stmt,
  kindOf: KindOf,
  isDeliberate: IsDeliberate,
  sourceOf: (expr: Expr) => string,
): Check | undefined {
  const values = valuesAfter(statement, kindOf, isDeliberate)
    .map(sourceOf)
    .filter((source) => !/[\r\n]/.test(source));
  return values.length > 0 ? { callee: CHECK_FUNCTION, values: [...new Set(values)] } : undefined;
}

function valuesAfter(statement: Stmt, kindOf: KindOf, isDeliberate: IsDeliberate): Expr[] {
  switch (statement.kind) {
    case 'Assign':
      if (!mayComputeTensor(statement.value, kindOf) || isDeliberate(statement.value)) return [];
      return statement.targets.slice(0, 1).flatMap(readableTargets);
    case 'AnnAssign':
      if (!statement.value || !mayComputeTensor(statement.value, kindOf) || isDeliberate(statement.value)) return [];
      return readableTargets(statement.target);
    case 'AugAssign': {
      if (isDeliberate(statement.value) || isDeliberate(statement.target)) return [];
      const isTensor = kindOf(statement.target) === 'tensor' || kindOf(statement.value) === 'tensor';
      return isTensor || mayComputeTensor(statement.value, kindOf) ? readableTargets(statement.target) : [];
    }
    case 'ExprStmt': {
      // `x.clamp_(…)` and `F.relu_(x)` change their tensor in place.
      const call = statement.value;
      if (call.kind !== 'Call' || call.callee.kind !== 'Attribute' || !/[^_]_$/.test(call.callee.name)) return [];
      if (call.callee.name === 'requires_grad_' || isDeliberate(call)) return [];
      const changed = kindOf(call.callee.object) === 'other' ? call.args[0]?.value : call.callee.object;
      return kindOf(call) === 'tensor' && changed ? readableTargets(changed) : [];
    }
    default:
      return [];
  }
}

/** Whether a returned expression computes something that no check has seen yet. */
export function isWorthPassing(returned: Expr, kindOf: KindOf, isDeliberate: IsDeliberate): boolean {
  return mayComputeTensor(returned, kindOf) && !isDeliberate(returned);
}

/** The loss before `backward`, the gradients before a bare `optimizer.step()`. */
export function checksBefore(statement: Stmt, sourceOf: (expr: Expr) => string): Check | undefined {
  if (statement.kind !== 'ExprStmt' || statement.value.kind !== 'Call') return undefined;
  const call = statement.value;
  if (call.callee.kind !== 'Attribute') return undefined;
  const { name, object } = call.callee;
  if (name === 'backward' || name === 'manual_backward') {
    const loss = differentiated(call);
    return loss ? { callee: CHECK_FUNCTION, values: [sourceOf(loss)] } : undefined;
  }
  if (name === 'step' && call.args.length === 0 && isRepeatable(object) && /opt/i.test(sourceOf(object))) {
    return { callee: GRADIENT_FUNCTION, values: [sourceOf(object)] };
  }
  return undefined;
}

/** `loss` in `loss.backward()`, `(loss / n).backward()`, `scaler.scale(loss).backward()`, `accelerator.backward(loss)`. */
function differentiated(call: CallExpr): Expr | undefined {
  const find = (expr: Expr | undefined): Expr | undefined => {
    if (!expr) return undefined;
    if (isRepeatable(expr)) return expr;
    if (expr.kind === 'Binary') return find(expr.left);
    if (expr.kind !== 'Call') return undefined;
    const receiver = expr.callee.kind === 'Attribute' ? find(expr.callee.object) : undefined;
    return find(expr.args.find(({ keyword, unpack }) => keyword === undefined && unpack === '')?.value) ?? receiver;
  };
  const [first] = call.args;
  const receiver = call.callee.kind === 'Attribute' ? call.callee.object : undefined;
  if (first && first.keyword === undefined && first.unpack === '' && receiver && isRepeatable(receiver)) {
    // `loss.backward(gradient)` differentiates its receiver; `accelerator.backward(loss)` its argument.
    const named = receiver.kind === 'Name' ? receiver.id : receiver.kind === 'Attribute' ? receiver.name : '';
    return /loss|cost|objective|err/i.test(named) ? receiver : find(first.value);
  }
  return find(receiver);
}

/** A container of layers that the statement makes and keeps. */
export function layersAfter(statement: Stmt, sourceOf: (expr: Expr) => string): Check | undefined {
  if (statement.kind !== 'Assign') return undefined;
  const value = producedValue(statement);
  if (value?.kind !== 'Call') return undefined;
  const { callee } = value;
  const name = callee.kind === 'Name' ? callee.id : callee.kind === 'Attribute' ? callee.name : '';
  if (name !== 'Sequential') return undefined;
  const values = statement.targets.slice(0, 1).flatMap(readableTargets).map(sourceOf);
  return values.length > 0 ? { callee: HOOK_FUNCTION, values } : undefined;
}

// ---------------------------------------------------------------- writing

function styleArgument(style: CheckStyle): string {
  return style === 'raise' ? '' : `, then=${pythonString(style)}`;
}

function pairsOf(check: Check): string {
  return check.values.map((source) => `${pythonString(source)}, ${source}`).join(', ');
}

/** Whether `source`, a call of the check's function in any style, checks the same values. */
export function checksTheSame(check: Check, source: string): boolean {
  const args = source.slice(source.indexOf('(') + 1);
  const pairs = pairsOf(check);
  return args.startsWith(pairs) && /^(?:\)|, then=)/.test(args.slice(pairs.length));
}

/** The check as Python. `suffix` tells the form that stands before its statement on one line. */
export function writeCheck(check: Check, style: CheckStyle, suffix = ''): string {
  const stop = style === 'breakpoint' && check.callee !== HOOK_FUNCTION ? ' and breakpoint()' : '';
  return `${check.callee}${suffix}(${pairsOf(check)}${styleArgument(style)})${stop}`;
}

/** What ends a checked `return` after its expression. */
export function writePassEnd(name: string, style: CheckStyle): string {
  return `), _nanlens=${pythonString(name)}${styleArgument(style)})`;
}
