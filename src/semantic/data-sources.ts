// Where training data comes from: data sets and images that libraries load, and what is known of them.

import type { CallExpr } from '../syntax/ast';
import { canonicalName } from './libraries';
import * as R from './range';
import { flipped, type Scale, type Scales, scalesOf } from './scales';
import { type Evidence, literalNumber, type Quantity, UNKNOWN, type Value } from './value';

type Place = Pick<Evidence, 'segment' | 'span'>;

const PIXELS: Scale = { lo: 0, hi: 255 };

/** The smallest and the largest feature of data sets that come as they were measured. */
const MEASURED: Readonly<Record<string, readonly Scale[]>> = {
  'keras.datasets.boston_housing.load_data': [
    { lo: 0.4, hi: 0.9 },
    { lo: 187, hi: 711 },
  ],
  'keras.datasets.california_housing.load_data': [
    { lo: 0.5, hi: 15 },
    { lo: 3, hi: 35_682 },
  ],
  'sklearn.datasets.fetch_california_housing': [
    { lo: 0.5, hi: 15 },
    { lo: 3, hi: 35_682 },
  ],
  'sklearn.datasets.load_breast_cancer': [
    { lo: 0.001, hi: 0.03 },
    { lo: 185, hi: 4254 },
  ],
  'sklearn.datasets.load_wine': [
    { lo: 0.1, hi: 0.7 },
    { lo: 278, hi: 1680 },
  ],
};

/** Keras' own data sets of classes come as (x, y), (x, y), with class ids. */
const CLASSES = /^keras\.datasets\.(mnist|fashion_mnist|cifar10|cifar100|imdb|reuters)\.load_data$/;
const IMAGES = /^keras\.datasets\.(mnist|fashion_mnist|cifar10|cifar100)\.load_data$/;

const CLASS_COUNTS: Readonly<Record<string, number>> = {
  mnist: 10,
  fashion_mnist: 10,
  cifar10: 10,
  cifar100: 100,
  imdb: 2,
  reuters: 46,
};

const ARRAY: Quantity = { kind: 'quantity', holder: 'tensor', framework: 'numpy', range: R.ANY, because: [] };
const IDS: Quantity = { ...ARRAY, range: R.nonNegative(2), role: 'class-ids', dtype: 'integer' };

/** What a call of a library that loads data gives. */
export function loadedData(name: string, expr: CallExpr, args: readonly Value[], place: Place): Value | undefined {
  const canonical = canonicalName(name);
  if (CLASSES.test(canonical)) {
    const because = { ...place, message: 'its images are loaded here, with numbers from 0 to 255' };
    const images = IMAGES.test(canonical)
      ? { ...ARRAY, scales: { columns: [PIXELS], isPixels: true, because } }
      : ARRAY;
    const last = (CLASS_COUNTS[canonical.split('.')[2] ?? ''] ?? 2) - 1;
    return splits([images, { ...IDS, range: R.range(0, last, 2, 2) }]);
  }
  const columns = MEASURED[canonical];
  if (columns) {
    const features: Quantity = {
      ...ARRAY,
      scales: { columns, because: { ...place, message: 'its features are loaded here, as they were measured' } },
    };
    if (canonical.startsWith('keras')) return splits([features, ARRAY]);
    const isPair = expr.args.some(({ keyword }, at) => keyword === 'return_X_y' && literalNumber(args[at]) === 1);
    return isPair
      ? { kind: 'sequence', elements: [features, ARRAY] }
      : { kind: 'mapping', entries: new Map<string, Value>([['data', features]]) };
  }
  if (OPENS_IMAGE.test(canonical))
    return {
      ...UNKNOWN,
      ...(canonical === 'cv2.imread' ? { holder: 'tensor' as const, framework: 'numpy' as const } : {}),
      madeBy: name,
      scales: {
        columns: [PIXELS],
        isPixels: true,
        because: { ...place, message: 'the image is loaded here, with numbers from 0 to 255' },
      },
    };
  const [given] = args;
  if (KEEPS_IMAGE.test(canonical) && given?.kind === 'quantity' && given.scales)
    return { ...ARRAY, scales: given.scales };
  return undefined;
}

function splits(elements: readonly Value[]): Value {
  const split: Value = { kind: 'sequence', elements };
  return { kind: 'sequence', elements: [split, split] };
}

const OPENS_IMAGE =
  /^(cv2\.imread|PIL\.Image\.open|keras\.(preprocessing\.image|utils)\.load_img|imageio(\.v[23])?\.imread)$/;
const KEEPS_IMAGE = /^(cv2\.(resize|cvtColor|flip)|keras\.(preprocessing\.image|utils)\.img_to_array)$/;

/** A method of an image or of a data frame that gives the same numbers. */
export function sameData(receiver: Value, name: string, expr: CallExpr, args: readonly Value[]): Value | undefined {
  if (receiver.kind === 'quantity')
    return receiver.madeBy !== undefined && /^(convert|resize|crop|copy)$/.test(name) && receiver.scales?.isPixels
      ? receiver
      : undefined;
  const frame = frameOf(receiver);
  if (!frame) return undefined;
  if (name === 'to_numpy' || name === 'copy') return table(frame);
  if (name !== 'drop') return undefined;
  const dropped = new Set(args.flatMap((arg) => textsOf(arg)));
  const kept = (frame.names ?? []).filter((column) => !dropped.has(column));
  const isKnown = dropped.size > 0 && expr.args.some(({ keyword }) => keyword === 'columns' || keyword === 'axis');
  return isKnown ? table(columnsNamed(frame, kept)) : undefined;
}

/** `df.values`, `df.T` of a data frame, and a column of it by its name. */
export function attributeOfFrame(object: Value, name: string): Value | undefined {
  const frame = frameOf(object);
  if (!frame) return undefined;
  if (name === 'values') return table(frame);
  if (name === 'T') return table(flipped(frame));
  return frame.names?.includes(name) ? table(columnsNamed(frame, [name])) : undefined;
}

/** `df["a"]`, `df[["a", "b"]]` */
export function partOfFrame(frame: Value, index: Value | undefined): Value | undefined {
  const scales = frameOf(frame);
  const names = textsOf(index);
  return scales && names.length > 0 ? table(columnsNamed(scales, names)) : undefined;
}

function frameOf(value: Value): Scales | undefined {
  if (value.kind !== 'instance' || !/^pandas\.DataFrame$/.test(value.className)) return undefined;
  return scalesOf(value, { segment: value.segment, span: { start: value.call.start, end: value.call.end } });
}

function columnsNamed(frame: Scales, names: readonly string[]): Scales | undefined {
  const at = names.map((name) => frame.names?.indexOf(name) ?? -1);
  if (at.length === 0 || at.includes(-1)) return undefined;
  return { names, columns: at.map((position) => frame.columns[position] as Scale), because: frame.because };
}

function table(scales: Scales | undefined): Value {
  return scales ? { ...UNKNOWN, holder: 'tensor', framework: 'numpy', scales } : UNKNOWN;
}

function textsOf(value: Value | undefined): string[] {
  if (value?.kind === 'string' && value.values.length === 1) return [...value.values];
  return value?.kind === 'sequence' ? value.elements.flatMap(textsOf) : [];
}
