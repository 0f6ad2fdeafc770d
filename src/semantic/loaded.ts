// Values that were read from a table, in which entries can be missing: NaN, until somebody drops or fills them.

import type { CallExpr, Segment } from '../syntax/ast';
import { canonicalName } from './libraries';
import type { Evidence, Quantity, Value } from './value';

/** The call that read it. */
export interface Loaded {
  readonly call: CallExpr;
  readonly segment: Segment;
  /** "pandas.read_csv" */
  readonly by: string;
}

const READS = /^(pandas\.read_(csv|parquet|table|excel|json|feather|sql|sql_query|fwf|hdf)|numpy\.genfromtxt)$/;
/** Arguments that say what stands for a missing entry. */
const FILLS = /^(na_filter|keep_default_na|filling_values)$/;

/** What a call of a library that reads tables gives. */
export function loadedTable(name: string, call: CallExpr, segment: Segment): Loaded | undefined {
  const by = canonicalName(name);
  // Where whole numbers or texts are asked for, a missing entry raises an error or is a text.
  const dtype = call.args.find(({ keyword }) => keyword === 'dtype')?.value;
  const isWhole = dtype && /\b(np\.)?(u?int\d*|str|object)\b/.test(segment.text.slice(dtype.start, dtype.end));
  if (!READS.test(by) || isWhole || call.args.some(({ keyword }) => keyword !== undefined && FILLS.test(keyword)))
    return undefined;
  return { call, segment, by };
}

/** Attributes of a table that are none of its numbers. */
const ABOUT = /^(shape|columns|index|dtypes?|size|ndim|name|axes|empty|plot|str|dt|cat)$/;

/** `df.values`, `df.iloc`, `df.price` */
export function attributeOfLoaded(object: Quantity, name: string): Loaded | undefined {
  return ABOUT.test(name) ? undefined : object.loaded;
}

const SAME =
  /^(to_numpy|drop|copy|sample|head|tail|reset_index|set_index|sort_values|sort_index|rename|astype|reindex|filter|select_dtypes|transpose|squeeze|ravel|flatten|reshape|tolist|to_list|to_dict|shuffle|items|pop|get|take|apply|map|iterrows|itertuples)$/;

/** A method of a table, or of a scaler that is given one, that leaves missing entries missing. */
export function loadedThrough(receiver: Value, name: string, args: readonly Value[]): Loaded | undefined {
  if (receiver.kind === 'quantity') return SAME.test(name) ? receiver.loaded : undefined;
  const [given] = args;
  const isScaler = receiver.kind === 'instance' && /(^|\.)\w*(Scaler|Normalizer|Transformer)$/.test(receiver.className);
  return isScaler && /^(fit_)?transform$/.test(name) && given?.kind === 'quantity' ? given.loaded : undefined;
}

/** Operations of the library tables that leave NaN what it is. */
const KEEPS =
  /^(same|cast(_\w+)?|literal|tensor_of|detach|select|combine|add|subtract|multiply|divide|log1p?|sqrt|clamp|split|item)$/;

export function loadedThroughCall(operation: string, given: Value | undefined): Loaded | undefined {
  if (!KEEPS.test(operation)) return undefined;
  if (given?.kind === 'quantity') return given.loaded;
  if (given?.kind === 'sequence')
    for (const element of given.elements) if (element.kind === 'quantity' && element.loaded) return element.loaded;
  return undefined;
}

export function withLoaded(q: Quantity, loaded: Loaded | undefined): Quantity {
  return loaded ? { ...q, loaded } : q;
}

export function loadedHere({ call, segment }: Loaded): Evidence {
  return { segment, span: { start: call.start, end: call.end }, message: 'the table is read here' };
}
