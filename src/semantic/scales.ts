// How large the numbers of an array ordinarily are, feature by feature: what a model without a scaler is fed.

import type { CallExpr, Expr, SubscriptExpr } from '../syntax/ast';
import type { SiteOperand } from './operation-site';
import * as R from './range';
import { asQuantity, type Evidence, literalNumber, literalString, type Quantity, type Value } from './value';

/** Where the values of one feature ordinarily lie. */
export interface Scale {
  readonly lo: number;
  readonly hi: number;
}

export interface Scales {
  /** One for each feature; a single one for a vector, or where all features are alike. */
  readonly columns: readonly Scale[];
  /** Names of the columns of a data frame. */
  readonly names?: readonly string[];
  /** The features are the rows as yet: `np.array([rooms, area])`. */
  readonly isTransposed?: boolean;
  /** Numbers from 0 to 255, as images are stored. */
  readonly isPixels?: boolean;
  readonly because: Evidence;
}

type Place = Pick<Evidence, 'segment' | 'span'>;

const MOST_ROWS = 256;

/** The scales of a value: an array's own, or those of a (nested) literal. */
export function scalesOf(value: Value | undefined, place?: Place): Scales | undefined {
  if (value?.kind === 'quantity') return value.scales ?? ofNumber(value, place);
  if (value?.kind === 'list') return scalesOf(value.element, place);
  if (value?.kind === 'instance' && /(^|\.)DataFrame$/.test(value.className))
    return ofFrame(value.args[0]?.value, place);
  if (value?.kind !== 'sequence' || value.elements.length === 0 || value.elements.length > MOST_ROWS || !place)
    return undefined;
  const rows = value.elements.map((element) => scalesOf(element, place));
  if (!rows.every((row) => row !== undefined)) return undefined;
  const because = { ...place, message: 'the numbers are written here' };
  // A list of numbers is one feature; a list of lists has one in each place of the inner ones.
  if (value.elements.every((element) => element.kind === 'quantity' && element.holder !== 'tensor'))
    return { columns: [hull(rows)], because };
  if (value.elements.every((element) => element.kind === 'quantity'))
    return { columns: rows.flatMap(({ columns }) => columns), isTransposed: true, because };
  return transposed(value.elements, place, because);
}

function transposed(rows: readonly Value[], place: Place, because: Evidence): Scales | undefined {
  const [first] = rows;
  if (first?.kind !== 'sequence') return undefined;
  const columns: Scale[] = [];
  for (let at = 0; at < first.elements.length; at++) {
    const cells: Scales[] = [];
    for (const row of rows) {
      const cell =
        row.kind === 'sequence' && row.elements.length === first.elements.length ? row.elements[at] : undefined;
      const scales = cell?.kind === 'quantity' && cell.holder !== 'tensor' ? ofNumber(cell, place) : undefined;
      if (!scales) return undefined;
      cells.push(scales);
    }
    columns.push(hull(cells));
  }
  return { columns, because };
}

/** A data frame made of a mapping of lists. */
function ofFrame(data: Value | undefined, place: Place | undefined): Scales | undefined {
  if (data?.kind !== 'mapping' || data.entries.size === 0 || !place) return undefined;
  const names: string[] = [];
  const columns: Scale[] = [];
  for (const [name, value] of data.entries) {
    const scales = scalesOf(value, place);
    // A column of texts has no scale, and is none of the features.
    if (scales?.columns.length !== 1) continue;
    names.push(name);
    columns.push(scales.columns[0] as Scale);
  }
  return columns.length > 0
    ? { columns, names, because: { ...place, message: 'the data is written here' } }
    : undefined;
}

const DRAWN: ReadonlySet<string> = new Set(['uniform', 'integers', 'random', 'cast', 'cast_float64', 'same']);

function ofNumber(q: Quantity, place: Place | undefined): Scales | undefined {
  const { lo, hi } = q.range;
  if (!place || !Number.isFinite(lo) || !Number.isFinite(hi)) return undefined;
  if (lo !== hi && !DRAWN.has(q.origin?.operation ?? '')) return undefined;
  return { columns: [{ lo, hi }], because: { ...place, message: 'the numbers are written here' } };
}

function hull(scales: readonly Scales[]): Scale {
  const columns = scales.flatMap((each) => each.columns);
  return { lo: Math.min(...columns.map(({ lo }) => lo)), hi: Math.max(...columns.map(({ hi }) => hi)) };
}

// ------------------------------------------------------------------ what calls and operators make of them

/** Calls that give the same numbers in another shape, dtype or container. */
const KEEPS: ReadonlySet<string> = new Set([
  'cast',
  'cast_float16',
  'cast_bfloat16',
  'cast_float32',
  'cast_float64',
  'literal',
  'tensor_of',
  'detach',
  'select',
]);
const OPERATORS: Readonly<Record<string, string>> = { add: '+', subtract: '-', multiply: '*', divide: '/' };

/** The scales of what a call of the library tables gives. */
export function scalesOfCall(
  operation: string,
  name: string,
  call: CallExpr,
  operands: ReadonlyMap<string, SiteOperand>,
  place: Place,
): Scales | undefined {
  const given = (operand: string): Value | undefined => operands.get(operand)?.value;
  const number = (operand: string): number | undefined => literalNumber(given(operand));
  const operator = OPERATORS[operation];
  if (operator !== undefined) return scalesOfOperator(operator, asQuantity(given('x')), asQuantity(given('y')));
  const drawn = (lo: number | undefined, hi: number | undefined): Scales | undefined =>
    lo === undefined || hi === undefined
      ? undefined
      : { columns: [{ lo: Math.min(lo, hi), hi: Math.max(lo, hi) }], because: { ...place, message: 'drawn here' } };
  switch (operation) {
    case 'random':
      return drawn(0, 1);
    case 'uniform':
      return drawn(given('low') ? number('low') : 0, given('high') ? number('high') : 1);
    case 'integers':
      return given('high') ? drawn(number('low'), number('high')) : drawn(0, number('low'));
    case 'arange':
      return given('end') ? drawn(number('start'), number('end')) : drawn(0, number('start'));
    case 'linspace':
      return drawn(number('low'), number('high'));
    case 'normal': {
      const [mean, std] = [given('mean') ? number('mean') : 0, given('std') ? number('std') : 1];
      return mean === undefined || std === undefined ? undefined : drawn(mean - 3 * std, mean + 3 * std);
    }
    case 'combine':
      return ofParts(name, call, given('x'), place);
    case 'same':
      return /(^|\.)(T|t|transpose|permute|swapaxes)$/.test(name)
        ? flipped(asQuantity(given('x')).scales)
        : scalesOf(given('x'), place);
    default:
      return KEEPS.has(operation) ? scalesOf(given('x'), place) : undefined;
  }
}

/** `np.column_stack([a, b])`, `torch.stack((a, b), dim=1)`, `np.concatenate([a, b])`. */
function ofParts(name: string, call: CallExpr, given: Value | undefined, place: Place): Scales | undefined {
  if (given?.kind !== 'sequence') return undefined;
  const parts = given.elements.map((part) => scalesOf(part, place));
  if (parts.length === 0 || !parts.every((part) => part !== undefined)) return undefined;
  const columns = parts.flatMap((part) => part.columns);
  const because = (parts.find((part) => part.columns.some(isLarge)) ?? (parts[0] as Scales)).because;
  if (/(^|\.)(column_stack|hstack)$/.test(name) || isAlongFeatures(call)) return { columns, because };
  // One after the other: rows of the same features, or features that are rows as yet.
  if (/(^|\.)(stack|vstack)$/.test(name) && parts.every((part) => part.columns.length === 1))
    return { columns, isTransposed: true, because };
  const [first] = parts;
  if (!parts.every((part) => part.columns.length === first?.columns.length)) return undefined;
  return {
    columns: (first as Scales).columns.map((_, at) =>
      hull(parts.map((part) => ({ ...part, columns: [part.columns[at] as Scale] }))),
    ),
    because,
  };
}

function isAlongFeatures(call: CallExpr): boolean {
  const axis =
    call.args.find(({ keyword }) => keyword === 'axis' || keyword === 'dim')?.value ??
    call.args.filter(({ keyword }) => keyword === undefined)[1]?.value;
  if (axis?.kind === 'Number') return axis.value >= 1;
  return axis?.kind === 'Unary' && axis.operator === '-';
}

function isLarge({ lo, hi }: Scale): boolean {
  return Math.max(Math.abs(lo), Math.abs(hi)) >= 100;
}

/** `X * 1000`, `a + b` of two vectors; with anything that is not known nothing is. */
export function scalesOfOperator(operator: string, a: Quantity, b: Quantity): Scales | undefined {
  const [x, y] = [a.scales, b.scales];
  if (!x && !y) return undefined;
  const [m, n] = [literalNumber(a), literalNumber(b)];
  if (x && n !== undefined) return mapped(x, (scale) => applied(operator, scale, { lo: n, hi: n }));
  if (y && m !== undefined) return mapped(y, (scale) => applied(operator, { lo: m, hi: m }, scale));
  if (x?.columns.length !== 1 || y?.columns.length !== 1) return undefined;
  return mapped(isLarge(x.columns[0] as Scale) ? x : y, () =>
    applied(operator, x.columns[0] as Scale, y.columns[0] as Scale),
  );
}

function mapped(scales: Scales, f: (scale: Scale) => Scale | undefined): Scales | undefined {
  const columns = scales.columns.map(f);
  const { isPixels: _, ...rest } = scales;
  return columns.every((column) => column !== undefined) ? { ...rest, columns } : undefined;
}

function applied(operator: string, a: Scale, b: Scale): Scale | undefined {
  const [x, y] = [R.range(a.lo, a.hi, 0, 0), R.range(b.lo, b.hi, 0, 0)];
  const result =
    operator === '+'
      ? R.add(x, y)
      : operator === '-'
        ? R.subtract(x, y)
        : operator === '*'
          ? R.multiply(x, y)
          : operator === '/' && (b.lo > 0 || b.hi < 0)
            ? R.divide(x, y)
            : undefined;
  return result && Number.isFinite(result.lo) && Number.isFinite(result.hi)
    ? { lo: result.lo, hi: result.hi }
    : undefined;
}

/** Features that were rows are columns, and the other way round. */
export function flipped(scales: Scales | undefined): Scales | undefined {
  if (!scales || scales.columns.length === 1) return scales;
  const { isTransposed, ...rest } = scales;
  return isTransposed ? rest : { ...rest, isTransposed: true };
}

/** The scales of rows or columns that an index takes out. */
export function scalesOfPart(scales: Scales, expr: SubscriptExpr, indices: readonly Value[]): Scales | undefined {
  const [index, column] = [indices[0], expr.indices[1]];
  const wanted = namesIn(index);
  if (wanted !== undefined) {
    const columns = scales.names
      ? wanted.flatMap((name) => scales.columns[scales.names?.indexOf(name) ?? -1] ?? [])
      : [];
    return columns.length === wanted.length ? { columns, names: wanted, because: scales.because } : undefined;
  }
  if (scales.columns.length === 1) return scales;
  if (scales.isTransposed || expr.indices.length > 2) return undefined;
  if (expr.indices.length === 1)
    return expr.indices[0]?.kind === 'Slice' || index?.kind === 'quantity' ? scales : undefined;
  if (column?.kind === 'Slice') return column.lower || column.upper || column.step ? undefined : scales;
  const at = literalNumber(indices[1]);
  const chosen = at === undefined ? undefined : scales.columns[at < 0 ? scales.columns.length + at : at];
  return chosen && { columns: [chosen], because: scales.because };
}

/** The texts of `"a"` or `["a", "b"]`. */
function namesIn(index: Value | undefined): string[] | undefined {
  const single = literalString(index);
  if (single !== undefined) return [single];
  if (index?.kind !== 'sequence') return undefined;
  const names = index.elements.map(literalString);
  return names.length > 0 && names.every((name) => name !== undefined) ? names : undefined;
}

/** Puts the scales beside the rest of what is known of an array. */
export function withScales(q: Quantity, scales: Scales | undefined): Quantity {
  if (scales) return { ...q, scales };
  if (!q.scales) return q;
  const { scales: _, ...rest } = q;
  return rest;
}

/** Functions of libraries that cut data into parts of the same features. */
const SPLITS = /(^|\.)train_test_split$/;

/** `train_test_split(X, y)`: two parts of each. */
export function splitParts(
  name: string,
  expr: { readonly args: CallExpr['args'] },
  args: readonly Value[],
): Value | undefined {
  if (!SPLITS.test(name)) return undefined;
  const elements: Value[] = [];
  expr.args.forEach(({ keyword, unpack }, at) => {
    if (keyword !== undefined || unpack !== '') return;
    const value = args[at];
    const scales = value?.kind === 'quantity' ? value.scales : undefined;
    const part: Quantity = {
      kind: 'quantity',
      range: R.ANY,
      because: [],
      ...(value?.kind === 'quantity' && value.role === 'class-ids' ? { role: value.role, range: value.range } : {}),
      ...(scales ? { holder: 'tensor' as const, framework: 'numpy' as const, scales } : {}),
      ...(value?.kind === 'quantity' && value.loaded ? { loaded: value.loaded } : {}),
    };
    elements.push(part, part);
  });
  return elements.length > 0 ? { kind: 'sequence', elements } : undefined;
}

/** `np.c_[a, b]` */
export function isColumnIndex(object: Expr): boolean {
  return object.kind === 'Attribute' && object.name === 'c_';
}
