// Memory that a call reserves without putting anything there, and the operations whose result still shows it.

import type { CallExpr, Expr } from '../syntax/ast';
import { dtypeNamed } from './dtype';
import { asQuantity, type Value } from './value';

/** Operations that hand on the elements of their operand, as a view or as a copy of what was never written. */
const HANDS_ON: ReadonlySet<string> = new Set([
  'same',
  'detach',
  'cast',
  'cast_float16',
  'cast_bfloat16',
  'cast_float32',
  'cast_float64',
]);

export function handsOnRoom(operation: string): boolean {
  return HANDS_ON.has(operation);
}

/** Whether a call of this operation reserves memory for floating-point numbers and leaves it as it was. */
export function reservesRoom(operation: string, call: CallExpr, args: readonly Value[]): boolean {
  if (operation === 'uninitialised') return !hasNoElements(call) && !isElsewhere(call);
  return operation === 'tensor_of' && isOfSizes(call, args) && !hasNoElements(call);
}

/** `torch.Tensor(3, 4)`, `torch.FloatTensor(size=shape)`, `torch.Tensor(hidden_size)`; `torch.Tensor(values)` holds them. */
function isOfSizes({ args }: CallExpr, values: readonly Value[]): boolean {
  const [first] = args;
  if (!first) return false;
  if (args.length > 1) return args.every((arg) => arg.keyword === undefined);
  if (first.keyword !== undefined) return first.keyword === 'size';
  if (first.unpack === '*') return true;
  const [value] = values;
  const { holder, dtype, role } = asQuantity(value);
  if (value?.kind !== 'quantity' || holder === 'tensor') return false;
  return holder === 'scalar' ? dtype === 'integer' || role === 'size' : namesSize(first.value);
}

const SIZE =
  /(^|_)(size|dims?|features|feats|channels|units|heads|classes|hidden|width|planes|nodes|vocab|experts)($|_)|^(n|d|k|num_\w+|n_\w+)$|(dim|size)$/i;

function namesSize(expr: Expr): boolean {
  if (expr.kind === 'Name') return SIZE.test(expr.id);
  if (expr.kind === 'Attribute') return SIZE.test(expr.name);
  if (expr.kind !== 'Binary') return false;
  const [left, right] = [namesSize(expr.left), namesSize(expr.right)];
  return (left && (right || expr.right.kind === 'Number')) || (right && expr.left.kind === 'Number');
}

/** `torch.empty(0)`, `np.empty((0, 4))`: there is nothing to read. */
function hasNoElements({ args }: CallExpr): boolean {
  const isZero = (expr: Expr): boolean => expr.kind === 'Number' && expr.value === 0;
  return args.some(
    ({ value, keyword }) =>
      (keyword === undefined || keyword === 'size' || keyword === 'shape') &&
      (isZero(value) || ((value.kind === 'Tuple' || value.kind === 'List') && value.elements.some(isZero))),
  );
}

/** On the meta device there is no memory; of integers and objects no element is NaN. */
function isElsewhere({ args }: CallExpr): boolean {
  return args.some(({ keyword, value }) => {
    if (keyword === 'device')
      return [value, ...(value.kind === 'Call' ? value.args.map((arg) => arg.value) : [])].some(
        (part) => part.kind === 'String' && part.value === 'meta',
      );
    return keyword === 'dtype' && holdsNoFloats(value);
  });
}

function holdsNoFloats(dtype: Expr): boolean {
  if (dtype.kind === 'String' && !dtypeNamed(dtype.value ?? '')) return !/^[<>=]?(f\d?|d|e|g)$/.test(dtype.value ?? '');
  const name =
    dtype.kind === 'Attribute'
      ? dtype.name
      : dtype.kind === 'Name'
        ? dtype.id
        : dtype.kind === 'String'
          ? dtype.value
          : '';
  const known = dtypeNamed(name ?? '');
  return known === 'integer' || known === 'bool' || /^(object|str|q?u?int|complex)|float8|fp8|fp4/i.test(name ?? '');
}
