// Models that are put together of layers: what is in them, how a layer is added, and what calling them gives.

import type { CallExpr, Expr, Segment } from '../syntax/ast';
import {
  type AppliedBy,
  activationAfter,
  activationArgument,
  activationNamed,
  isKerasLinear,
  isLinearLayer,
} from './activations';
import { canonicalName, moduleSignature } from './libraries';
import { transfer } from './operations';
import {
  ANY_ARGUMENTS,
  asQuantity,
  type Framework,
  type GivenArgument,
  type Instance,
  type LocalInstance,
  type Quantity,
  UNKNOWN,
  type Value,
} from './value';

const SEQUENTIAL = /^(torch\.nn\.Sequential|keras\.(models\.)?Sequential|flax\.linen\.Sequential)$/;
const KERAS_MODEL = /^keras\.(models\.)?Model$/;
const KERAS_LAYER = /^keras\.layers\./;

/** Whether an object is one layer after the other. */
export function isContainer({ className }: Instance): boolean {
  return SEQUENTIAL.test(canonicalName(className));
}

/** Whether calling the object is running a model or a layer of a library. */
export function isKerasModel({ className }: Instance): boolean {
  const name = canonicalName(className);
  return KERAS_MODEL.test(name) || /^keras\..*Sequential$/.test(name);
}

/** A layer, with the expressions that hold it; undefined stands for layers of which nothing is known. */
export type Layer = Value | undefined;

/** The layers of a container, first to last. */
export function layersOf({ args }: Instance): readonly Layer[] {
  return args.flatMap((arg) => layersIn(arg));
}

function layersIn({ keyword, value, unpack }: GivenArgument): readonly Layer[] {
  if (keyword !== undefined && keyword !== 'layers') return [];
  if (unpack === '**') return [undefined];
  if (value.kind === 'sequence') return value.elements;
  if (value.kind === 'list') return value.last ? [undefined, value.last] : [undefined];
  if (value.kind === 'instance' && value.className === 'collections.OrderedDict') return namedLayers(value);
  return unpack ? [undefined] : [value];
}

/** `OrderedDict([("fc", Linear(2, 2)), ("out", Softmax(1))])` */
function namedLayers(dict: Instance): readonly Layer[] {
  const [pairs] = dict.args;
  if (pairs?.value.kind !== 'sequence' || dict.args.length !== 1) return [undefined];
  return pairs.value.elements.map((pair) => (pair.kind === 'sequence' ? pair.elements[1] : undefined));
}

/** The model with one layer more, after `model.add(layer)`; undefined for a method that changes nothing. */
export function withLayer(model: Instance, name: string, args: readonly Value[]): Instance | undefined {
  const isTorch = canonicalName(model.className) === 'torch.nn.Sequential';
  const added = name === 'add_module' || name === 'register_module' ? args[1] : args[0];
  const adds = isTorch ? /^(add_module|register_module|append)$/ : /^add$/;
  if (adds.test(name)) return { ...model, args: [...model.args, { keyword: undefined, value: added ?? UNKNOWN }] };
  return /^(pop|insert|extend|__setitem__|__delitem__)$/.test(name) ? { ...model, args: [ANY_ARGUMENTS] } : undefined;
}

/** How a model of this file is called, which only its class says. */
export type CallsLocal = (model: LocalInstance, args: readonly Value[]) => Value;

/** The call of a model or layer, as it stands in the source. */
export interface ModelCall {
  readonly node: CallExpr;
  readonly segment: Segment;
  readonly local: CallsLocal;
}

/** What a model or layer of a library gives for an input; undefined where it is no model that is known. */
export function callModel(model: Instance, input: Value, at: ModelCall): Value | undefined {
  const name = canonicalName(model.className);
  if (SEQUENTIAL.test(name)) return callLayers(layersOf(model), input, at);
  if (KERAS_MODEL.test(name)) return outputsOf(model);
  const wrapped = name === 'keras.layers.TimeDistributed' ? model.args[0]?.value : undefined;
  if (wrapped?.kind === 'instance') return callLayer(wrapped, input, at, 'call');
  return KERAS_LAYER.test(name) || isLinearLayer(name) ? callLayer(model, input, at, 'call') : undefined;
}

function callLayers(layers: readonly Layer[], input: Value, at: ModelCall): Value {
  let value = input;
  for (const layer of layers) {
    if (layer?.kind === 'instance') value = callLayer(layer, value, at, 'layer');
    else value = layer?.kind === 'object' ? at.local(layer, [value]) : UNKNOWN;
  }
  return value;
}

function callLayer(layer: Instance, input: Value, at: ModelCall, form: 'call' | 'layer'): Value {
  const name = canonicalName(layer.className);
  const by =
    form === 'layer'
      ? { callee: layer, form, node: layer.call, segment: layer.segment, operand: undefined }
      : { callee: layer, form, node: at.node, segment: at.segment, operand: at.node.args[0]?.value };
  const framework = frameworkOfLayer(name);
  const signature = moduleSignature(layer.className);
  if (signature) return apply({ ...by, operation: signature.operation }, signature.framework, input);
  if (name === 'keras.layers.Activation') {
    const [given] = layer.args;
    const operation = given && activationNamed(given.value);
    return operation === undefined ? input : apply({ ...by, operation }, framework, input);
  }
  if (isLinearLayer(name)) {
    const scores = apply({ ...by, operation: 'affine' }, framework, input);
    const operation = isKerasLinear(name) ? activationArgument(layer) : undefined;
    if (operation === undefined) return scores;
    const node = activationExpr(layer) ?? layer.call;
    return apply(
      { callee: layer, form: 'argument', node, segment: layer.segment, operand: undefined, operation },
      framework,
      scores,
    );
  }
  const isKeras = KERAS_LAYER.test(name);
  const inner = isKeras ? undefined : callModel(layer, input, at);
  return inner ?? (name.startsWith('torch.nn.') ? { ...UNKNOWN, holder: 'tensor', framework: 'torch' } : UNKNOWN);
}

function frameworkOfLayer(name: string): Framework {
  return name.startsWith('keras.') ? 'keras' : name.startsWith('flax.') ? 'jax' : 'torch';
}

function activationExpr(layer: Instance): Expr | undefined {
  const { args } = layer.call;
  const named = args.find(({ keyword }) => keyword === 'activation');
  return (named ?? args.filter(({ keyword }) => keyword === undefined)[1])?.value;
}

function apply(by: AppliedBy, framework: Framework, input: Value): Value {
  const value = transfer(by.operation, { framework, get: (name) => (name === 'x' ? input : undefined) });
  if (value.kind !== 'quantity') return value;
  const activation = activationAfter(by, asQuantity(input));
  return activation ? { ...value, activation } : value;
}

/** The outputs with which a functional model was made. */
function outputsOf({ args }: Instance): Value | undefined {
  if (args.some(({ unpack }) => unpack)) return undefined;
  const given =
    args.find(({ keyword }) => keyword === 'outputs' || keyword === 'output')?.value ??
    args.filter(({ keyword }) => keyword === undefined)[1]?.value;
  if (given?.kind === 'sequence' && given.elements.length === 1) return plain(given.elements[0] ?? UNKNOWN);
  return given && plain(given);
}

/** The value without what speaks of the place where it was made. */
function plain(value: Value): Value {
  if (value.kind !== 'quantity')
    return value.kind === 'sequence' ? { ...value, elements: value.elements.map(plain) } : UNKNOWN;
  const { term: _, origin: __, ...rest }: Quantity = value;
  return rest;
}
