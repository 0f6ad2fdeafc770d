// The flow analysis of subscripts: what an element, a slice or a selection of a value is, and what storing one changes.

import type { Expr, SubscriptExpr } from '../syntax/ast';
import { reshaped } from './activations';
import { partOfFrame } from './data-sources';
import { holdsInfinity } from './derive';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { isCondition } from './idioms';
import { isContainer } from './layers';
import { canonicalName } from './libraries';
import { withLoaded } from './loaded';
import { touchMatrix } from './matrices';
import { dottedName } from './program';
import * as R from './range';
import { selected } from './refine';
import { scalesOfPart } from './scales';
import { EMPTY_OR_NOT } from './transfers/arrays';
import {
  ANY_ARGUMENTS,
  anyOf,
  asQuantity,
  type Instance,
  isUnknown,
  joinValues,
  type ListValue,
  type Quantity,
  type SequenceValue,
  UNKNOWN,
  type Value,
} from './value';

export function evaluateSubscript(evaluator: Evaluator, expr: SubscriptExpr, env: Environment): Value {
  const object = evaluator.evaluate(expr.object, env);
  const indices = expr.indices.map((index) => evaluator.evaluate(index, env));
  const [index] = indices;
  const isSlice = expr.indices[0]?.kind === 'Slice';
  switch (object.kind) {
    case 'sequence':
    case 'list':
      return indices.length === 1 ? listElement(object, index, isSlice) : UNKNOWN;
    case 'mapping':
      return index?.kind === 'string' && index.values.length === 1
        ? (object.entries.get(index.values[0] as string) ?? UNKNOWN)
        : UNKNOWN;
    case 'instance':
      return isSlice ? UNKNOWN : (partOfFrame(object, index) ?? sequentialElement(object, index));
    case 'quantity':
      return elementsOf(evaluator, expr, object, indices, env);
    default:
      return UNKNOWN;
  }
}

function listElement(list: SequenceValue | ListValue, index: Value | undefined, isSlice: boolean): Value {
  if (isSlice) {
    const element = list.kind === 'list' ? list.element : anyOf(list.elements);
    return { kind: 'list', element, length: EMPTY_OR_NOT, because: [] };
  }
  if (list.kind === 'list') return list.element;
  const at = index?.kind === 'quantity' && R.isConstant(index.range) ? index.range.lo : undefined;
  const element = at === undefined ? undefined : list.elements[at < 0 ? list.elements.length + at : at];
  return element ?? UNKNOWN;
}

function elementsOf(
  evaluator: Evaluator,
  expr: SubscriptExpr,
  object: Quantity,
  indices: readonly Value[],
  env: Environment,
): Quantity {
  const [index] = indices;
  const [condition] = expr.indices;
  const isSelection = condition !== undefined && expr.indices.length === 1 && selects(condition, index);
  const term = object.term === undefined ? undefined : indexTerm(evaluator, object.term, indices);
  const length = isSelection ? selectedLength(asQuantity(index), term, env) : undefined;
  if (isUnknown(object)) {
    const key =
      index?.kind === 'string' && index.values.length === 1
        ? evaluator.session.assumedByName(index.values[0] as string)
        : undefined;
    const { loaded } = object;
    if (key) return withLoaded(key, loaded);
    const isArray = indices.length > 1 && expr.indices.some(({ kind }) => kind === 'Slice');
    return {
      ...UNKNOWN,
      ...(isArray ? { holder: 'tensor' as const } : {}),
      ...(loaded ? { loaded } : {}),
      ...(term === undefined ? {} : { term }),
      ...(length ? { length } : {}),
    };
  }
  // x[x > 0] holds only what the condition lets through.
  const result = isSelection ? selected(evaluator, condition, true, object, env) : object;
  const { term: _, origin: __, length: ___, scales, role, activation, ...rest } = result;
  const part = scales && scalesOfPart(scales, expr, indices);
  // Rows picked by class ids from an identity matrix are one-hot; single entries of a one-hot are not.
  const isEntry = role === 'one-hot' && index?.kind === 'quantity' && index.holder === 'scalar';
  return {
    ...rest,
    ...(part ? { scales: part } : {}),
    ...(role && !isEntry ? { role } : {}),
    ...(activation ? { activation: reshaped(activation) } : {}),
    ...(term === undefined ? {} : { term }),
    ...(length ? { length } : {}),
  };
}

/** Whether an index picks elements by a truth value for each of them. */
function selects(expr: Expr, index: Value | undefined): boolean {
  if (isCondition(expr)) return true;
  return index?.kind === 'quantity' && index.holder !== 'scalar' && (index.dtype === 'bool' || index.role === 'mask');
}

/** How many elements a condition picks: none, where nobody has asked whether there are any. */
function selectedLength(condition: Quantity, selection: string | undefined, env: Environment): R.Range {
  const size = selection === undefined ? undefined : env.factOf(`size(${selection})`);
  if (size) return R.intersect(EMPTY_OR_NOT, size);
  const asked = condition.term === undefined ? undefined : env.factOf(`sum(${condition.term})`);
  if (asked && R.excludesZero(asked)) return R.range(1, Number.POSITIVE_INFINITY, 0, 0);
  return R.range(0, Number.POSITIVE_INFINITY, 1, 0);
}

function sequentialElement(object: Instance, index: Value | undefined): Value {
  if (canonicalName(object.className) !== 'torch.nn.Sequential') return UNKNOWN;
  if (object.args.some(({ unpack }) => unpack)) return UNKNOWN;
  const at = index?.kind === 'quantity' && R.isConstant(index.range) ? index.range.lo : undefined;
  if (at === undefined) return UNKNOWN;
  return object.args[at < 0 ? object.args.length + at : at]?.value ?? UNKNOWN;
}

function indexTerm(evaluator: Evaluator, object: string, indices: readonly Value[]): string | undefined {
  const parts: string[] = [];
  for (const index of indices) {
    const part =
      index.kind === 'quantity'
        ? index.term
        : index.kind === 'string'
          ? JSON.stringify(index.values[0])
          : index.kind === 'none'
            ? 'None'
            : undefined;
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return evaluator.term(`${object}[${parts.join(',')}]`);
}

/** `x[i] = v`: x may now hold v beside what it held, except where the index is a condition that v replaces. */
export function assignElements(evaluator: Evaluator, target: SubscriptExpr, value: Value, env: Environment): void {
  const object = evaluator.evaluate(target.object, env);
  const [first] = target.indices.map((index) => evaluator.evaluate(index, env));
  const key = dottedName(target.object);
  touchMatrix(target.object, env);
  if (key === undefined) return;
  switch (object.kind) {
    case 'mapping': {
      const [index] = target.indices;
      if (index?.kind === 'String' && index.value !== undefined)
        env.set(key, { kind: 'mapping', entries: new Map(object.entries).set(index.value, value) });
      return;
    }
    case 'list': {
      const { last: _, ...list } = object;
      env.set(key, { ...list, element: joinValues(object.element, value) });
      return;
    }
    case 'instance':
      if (isContainer(object)) env.set(key, { ...object, args: [ANY_ARGUMENTS] });
      return;
    case 'sequence':
      env.set(key, { kind: 'sequence', elements: object.elements.map((element) => joinValues(element, value)) });
      return;
    case 'quantity':
      evaluator.bind(key, withStored(evaluator, object, target.indices, first, asQuantity(value), env), env);
      return;
    default:
      return;
  }
}

/** The condition itself in `x[torch.where(x == 0)] = 1` and `x[np.nonzero(x == 0)] = 1`. */
function conditionOf(index: Expr | undefined): Expr | undefined {
  if (index?.kind !== 'Call' || index.args.length !== 1) return index;
  const name = index.callee.kind === 'Attribute' ? index.callee.name : '';
  return name === 'where' || name === 'nonzero' ? index.args[0]?.value : index;
}

function withStored(
  evaluator: Evaluator,
  object: Quantity,
  indices: readonly Expr[],
  index: Value | undefined,
  value: Quantity,
  env: Environment,
): Quantity {
  const condition = conditionOf(indices[0]);
  const isMask = index?.kind === 'quantity' && (index.dtype === 'bool' || index.role === 'mask');
  const isKnown = isMask && evaluator.session.conditionOf(index.term) !== undefined;
  const isSelection = condition && indices.length === 1 && (isCondition(condition) || isKnown);
  const kept = isSelection ? selected(evaluator, condition, false, object, env).range : object.range;
  const stored = value.range;
  const isMasked = isMask && !isSelection;
  const oneHot = R.isConstant(object.range) && object.range.lo === 0 && R.isConstant(stored) && stored.lo === 1;
  const { term: _, origin: __, scales: ___, role, activation: ____, ...rest } = object;
  return {
    ...rest,
    // Who changes single elements of a matrix that was computed as a whole changes its diagonal.
    ...(rest.matrix ? { matrix: { ...rest.matrix, trait: 'regular' as const } } : {}),
    ...(oneHot ? { role: 'one-hot' as const } : role ? { role } : {}),
    ...(holdsInfinity(value) ? { hasInfinity: true } : {}),
    // Who stores something else than 0 where a mask holds has thought of the zeros.
    range: isMasked && R.excludesZero(stored) ? R.unproven(R.join(kept, stored)) : R.join(kept, stored),
  };
}
