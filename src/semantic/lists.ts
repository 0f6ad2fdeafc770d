// Python lists as they grow: what append, extend and their kin make of a list, and how long it can be afterwards.

import type { CallExpr } from '../syntax/ast';
import type { Environment } from './environment';
import { elementOf } from './idioms';
import { LIST_CHANGES } from './list-changes';
import { dottedName } from './program';
import * as R from './range';
import { EMPTY_OR_NOT } from './transfers/arrays';
import { anyOf, joinValues, type ListValue, lengthOf, type SequenceValue, UNKNOWN, type Value } from './value';

function asList(value: SequenceValue | ListValue): ListValue {
  if (value.kind === 'list') return value;
  const { elements } = value;
  return {
    kind: 'list',
    element: anyOf(elements),
    length: R.constant(elements.length),
    because: [],
    ...ending(elements.at(-1)),
  };
}

function ending(last: Value | undefined): Pick<ListValue, 'last'> {
  return last === undefined ? {} : { last };
}

function lastOf(value: Value): Value | undefined {
  return value.kind === 'list' ? value.last : value.kind === 'sequence' ? value.elements.at(-1) : undefined;
}

/** `losses.append(loss)`: rebinds the list to what it is afterwards. Gives the call's own value. */
export function callListMethod(
  expr: CallExpr,
  receiver: SequenceValue | ListValue,
  name: string,
  args: readonly Value[],
  env: Environment,
): Value {
  const key = expr.callee.kind === 'Attribute' ? dottedName(expr.callee.object) : undefined;
  if (!LIST_CHANGES.has(name)) return UNKNOWN;
  const list = asList(receiver);
  const changed = changedList(list, name, args);
  if (key !== undefined) env.set(key, changed);
  return name.startsWith('pop') ? list.element : UNKNOWN;
}

function changedList(list: ListValue, name: string, args: readonly Value[]): ListValue {
  const isEmpty = list.length.hi === 0;
  const { last: _, ...rest } = list;
  switch (name) {
    case 'append':
    case 'appendleft':
    case 'insert': {
      const added = args.at(-1) ?? UNKNOWN;
      const element = isEmpty ? added : joinValues(list.element, added);
      return {
        ...rest,
        element,
        length: R.add(list.length, R.constant(1)),
        ...(name === 'append' ? ending(added) : {}),
      };
    }
    case 'extend': {
      const added = args[0] ?? UNKNOWN;
      const element = isEmpty ? elementOf(added) : joinValues(list.element, elementOf(added));
      return {
        ...rest,
        element,
        length: R.add(list.length, lengthOf(added) ?? EMPTY_OR_NOT),
        ...ending(lastOf(added)),
      };
    }
    case 'clear':
      return { ...rest, length: R.constant(0) };
    default:
      return { ...rest, length: EMPTY_OR_NOT };
  }
}

/** `a + b` of two lists. */
export function concatenated(a: Value, b: Value): Value | undefined {
  if (a.kind === 'sequence' && b.kind === 'sequence')
    return { kind: 'sequence', elements: [...a.elements, ...b.elements] };
  if ((a.kind !== 'sequence' && a.kind !== 'list') || (b.kind !== 'sequence' && b.kind !== 'list')) return undefined;
  const [one, other] = [asList(a), asList(b)];
  const element =
    one.length.hi === 0 ? other.element : other.length.hi === 0 ? one.element : joinValues(one.element, other.element);
  return {
    kind: 'list',
    element,
    length: R.add(one.length, other.length),
    because: [...one.because, ...other.because],
    ...ending(other.last),
  };
}

/** A list that others can change too: nothing is known of how long it is when it is read. */
export function shared(value: Value): Value {
  if (value.kind === 'list') {
    const { last: _, ...rest } = value;
    return { ...rest, length: EMPTY_OR_NOT, because: [] };
  }
  return value.kind === 'sequence' && value.elements.length === 0
    ? { kind: 'list', element: UNKNOWN, length: EMPTY_OR_NOT, because: [] }
    : value;
}
