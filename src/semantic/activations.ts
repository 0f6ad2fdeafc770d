// What the last step of a network made of a value: how softmax, sigmoid and layers set it, and what hands it on.

import type { Expr, Segment } from '../syntax/ast';
import { canonicalName } from './libraries';
import {
  type Activation,
  asQuantity,
  type Instance,
  literalNumber,
  literalString,
  type Quantity,
  type Value,
  without,
} from './value';

/** Operations whose result holds the very numbers of x, or most of them, in another shape, dtype or place. */
const HANDS_ON: ReadonlySet<string> = new Set([
  'same',
  'select',
  'masked_select',
  'detach',
  'cast',
  'cast_like',
  'cast_float16',
  'cast_bfloat16',
  'cast_float32',
  'cast_float64',
  'nan_to_num',
]);
/** Of those, the ones after which there may be another number of classes. */
const RESHAPES = /^(same|select|masked_select)$/;

/** Layers of torch and Flax that end in a weighted sum. */
const LINEAR =
  /^(torch\.nn\.(Linear|LazyLinear|Bilinear|(Lazy)?Conv(Transpose)?[123]d)|flax\.linen\.(Dense|Conv|DenseGeneral))$/;
/** The same in Keras, where an activation may follow at once. */
const KERAS_LINEAR =
  /^keras\.layers\.(convolutional\.|core\.)?(Dense|Conv[123]D|Conv[123]DTranspose|SeparableConv[12]D|EinsumDense|LocallyConnected[12]D)$/;

export function isLinearLayer(className: string): boolean {
  const name = canonicalName(className);
  return LINEAR.test(name) || KERAS_LINEAR.test(name);
}

export function isKerasLinear(className: string): boolean {
  return KERAS_LINEAR.test(canonicalName(className));
}

function argumentOf({ args }: Instance, keywords: readonly string[], position: number): Value | undefined {
  if (args.some(({ unpack }) => unpack)) return undefined;
  const positional = args.filter(({ keyword }) => keyword === undefined);
  return (
    args.find(({ keyword }) => keyword !== undefined && keywords.includes(keyword))?.value ??
    positional[position]?.value
  );
}

/** How many numbers a layer gives for one example, where its constructor says so in figures. */
export function unitsOf(layer: Instance): number | undefined {
  const isFirst = !/^torch\.nn\.(Linear|Bilinear|Conv)/.test(canonicalName(layer.className));
  const units = argumentOf(layer, ['out_features', 'out_channels', 'units', 'filters', 'features'], isFirst ? 0 : 1);
  return literalNumber(units);
}

/** The operation that `activation=` of a Keras layer names; undefined for none, 'opaque' where it is not known which. */
export function activationArgument(layer: Instance): string | undefined {
  const position = /Dense$/.test(layer.className) ? 1 : Number.POSITIVE_INFINITY;
  if (layer.args.some(({ unpack }) => unpack)) return 'opaque';
  const given = argumentOf(layer, ['activation'], position);
  return given === undefined ? undefined : activationNamed(given);
}

/** The operation of the tables that an activation given by name or as a function is. */
export function activationNamed(given: Value): string | undefined {
  if (given.kind === 'none') return undefined;
  const name =
    literalString(given) ?? (given.kind === 'library' ? given.name.slice(given.name.lastIndexOf('.') + 1) : undefined);
  if (name === 'linear') return undefined;
  return (name !== undefined && NAMED[name]) || 'opaque';
}

const NAMED: Readonly<Record<string, string>> = {
  softmax: 'softmax',
  log_softmax: 'log_softmax',
  sigmoid: 'sigmoid',
  hard_sigmoid: 'sigmoid',
  tanh: 'tanh',
  relu: 'relu',
  softplus: 'softplus',
  elu: 'elu',
};

const KINDS: Readonly<Record<string, Activation['kind']>> = {
  softmax: 'softmax',
  log_softmax: 'log-softmax',
  sigmoid: 'sigmoid',
};

export interface AppliedBy {
  readonly operation: string;
  readonly callee: Value;
  readonly node: Expr;
  readonly form: Activation['form'];
  readonly segment: Segment;
  readonly operand: Expr | undefined;
}

/** The activation of what an operation gives for x. */
export function activationAfter(by: AppliedBy, x: Quantity): Activation | undefined {
  const { operation, callee, node, form, segment } = by;
  const place = {
    node,
    form,
    segment,
    callee,
    ...(by.operand ? { operand: by.operand } : {}),
  };
  const kind = KINDS[operation];
  const before = x.activation;
  if (kind) {
    const weighted = before?.kind === 'linear' ? before : undefined;
    return {
      ...place,
      kind: kind === 'log-softmax' && isLogSigmoid(callee) ? 'log-sigmoid' : kind,
      ...(weighted?.layer ? { layer: weighted.layer } : {}),
      ...(weighted?.units === undefined ? {} : { units: weighted.units }),
    };
  }
  if (operation === 'affine') return linear(callee, place);
  if (!before) return undefined;
  if (operation === 'clamp') return before.kind === 'softmax' || before.kind === 'sigmoid' ? before : undefined;
  if (!HANDS_ON.has(operation)) return undefined;
  return RESHAPES.test(operation) ? reshaped(before) : before;
}

/** In another shape the scores of one layer may be those of many classes; what softmax made of one stays that. */
export function reshaped(activation: Activation): Activation {
  return activation.kind === 'linear' ? without(activation, 'units') : activation;
}

function linear(callee: Value, place: Omit<Activation, 'kind'>): Activation | undefined {
  if (callee.kind === 'library')
    return canonicalName(callee.name) === 'torch.nn.functional.linear' ? { ...place, kind: 'linear' } : undefined;
  if (callee.kind !== 'instance' || !isLinearLayer(callee.className)) return undefined;
  const units = unitsOf(callee);
  return { ...place, kind: 'linear', layer: callee, ...(units === undefined ? {} : { units }) };
}

function isLogSigmoid(callee: Value): boolean {
  const name =
    callee.kind === 'library'
      ? callee.name
      : callee.kind === 'instance'
        ? callee.className
        : callee.kind === 'method'
          ? callee.name
          : '';
  return /log_?sigmoid$/i.test(name);
}

/** The activation that several values have in common, as when they are put together. */
export function commonActivation(values: readonly Value[]): Activation | undefined {
  const [first, ...rest] = values.map((value) => asQuantity(value).activation);
  return first && rest.every((other) => other?.kind === first.kind) ? reshaped(first) : undefined;
}
