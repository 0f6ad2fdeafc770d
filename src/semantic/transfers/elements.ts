// What any element of a list, a nested literal or an array can be.

import * as R from '../range';
import { asQuantity, type Quantity, UNKNOWN, type Value } from '../value';

/** Numbers of a (nested) literal; undefined where it is too long to look at or holds something else. */
function leavesOf(value: Value, into: Quantity[] = []): Quantity[] | undefined {
  if (into.length > 256) return undefined;
  if (value.kind === 'quantity') {
    into.push(value);
    return into;
  }
  if (value.kind === 'list') return leavesOf(value.element, into);
  if (value.kind !== 'sequence') return undefined;
  for (const element of value.elements) if (!leavesOf(element, into)) return undefined;
  return into;
}

export function anyElement(value: Value | undefined): Quantity {
  if (value?.kind !== 'sequence' && value?.kind !== 'list') return asQuantity(value);
  const leaves = leavesOf(value);
  const [first, ...rest] = leaves ?? [];
  if (!first) return UNKNOWN;
  const { length: _, ...element } = first;
  // One number with a point makes all of them floating-point numbers.
  const float = rest.find((leaf) => leaf.dtype !== 'integer' && leaf.dtype !== 'bool');
  const isMixed = element.dtype === 'integer' && float !== undefined;
  const { dtype, ...untyped } = element;
  return {
    ...untyped,
    ...(isMixed ? (float.dtype ? { dtype: float.dtype } : {}) : dtype ? { dtype } : {}),
    range: rest.map((leaf) => leaf.range).reduce(R.join, first.range),
  };
}
