// What a loss takes for its input: scores, probabilities or their logarithms.

import { canonicalName, functionSignature } from './libraries';
import type { OperationSite } from './operation-site';
import { type Instance, literalNumber, literalString, type Value } from './value';

export interface LossInput {
  readonly takes: 'logits' | 'probabilities' | 'log-probabilities';
  /** One class of several, or each label by itself. */
  readonly of: 'classes' | 'labels';
  /** Whether `from_logits` says which it is. */
  readonly isSwitched: boolean;
}

/** Losses by their operation. Of those that Keras has, `from_logits` decides. */
const OF: Readonly<Record<string, LossInput['of']>> = {
  cross_entropy: 'classes',
  sparse_cross_entropy: 'classes',
  categorical_cross_entropy: 'classes',
  softmax_cross_entropy: 'classes',
  binary_cross_entropy: 'labels',
  sigmoid_cross_entropy: 'labels',
};

/** What the cross-entropy of a call takes; undefined where that depends on something that is not known. */
export function crossEntropyInput(site: OperationSite): LossInput | undefined {
  const of = OF[site.operation];
  if (!of) return undefined;
  if (site.name.startsWith('keras.')) {
    const flag = site.callee?.kind === 'instance' ? flagOf(site.callee) : flagIn(site);
    return flag === undefined ? undefined : switched(of, flag);
  }
  return { takes: site.operation === 'binary_cross_entropy' ? 'probabilities' : 'logits', of, isSwitched: false };
}

function switched(of: LossInput['of'], fromLogits: boolean): LossInput {
  return { takes: fromLogits ? 'logits' : 'probabilities', of, isSwitched: true };
}

function flagIn(site: OperationSite): boolean | undefined {
  if (site.node.kind !== 'Call' || site.node.args.some(({ unpack }) => unpack !== '')) return undefined;
  return truth(site.operands.get('from_logits')?.value);
}

function flagOf({ args }: Instance): boolean | undefined {
  if (args.some(({ unpack }) => unpack)) return undefined;
  return truth((args.find(({ keyword }) => keyword === 'from_logits') ?? args.find((arg) => !arg.keyword))?.value);
}

/** Left out, it is off. */
function truth(value: Value | undefined): boolean | undefined {
  if (value === undefined) return false;
  const n = literalNumber(value);
  return n === 0 ? false : n === 1 ? true : undefined;
}

/** What a Keras loss takes that `compile` is given: by name, as a function or as an object. */
export function compiledLossInput(value: Value): LossInput | undefined {
  if (value.kind === 'instance') {
    const of = OBJECTS[lastPart(canonicalName(value.className))];
    const flag = flagOf(value);
    return of && flag !== undefined && canonicalName(value.className).startsWith('keras.losses.')
      ? switched(of, flag)
      : undefined;
  }
  const isFunction =
    value.kind === 'library' && functionSignature(value.name) && canonicalName(value.name).startsWith('keras.');
  const name = literalString(value) ?? (isFunction ? lastPart(value.name) : undefined);
  const of = name === undefined ? undefined : (FUNCTIONS[name] ?? OBJECTS[name]);
  return of && switched(of, false);
}

const OBJECTS: Readonly<Record<string, LossInput['of']>> = {
  SparseCategoricalCrossentropy: 'classes',
  CategoricalCrossentropy: 'classes',
  CategoricalFocalCrossentropy: 'classes',
  BinaryCrossentropy: 'labels',
  BinaryFocalCrossentropy: 'labels',
};
const FUNCTIONS: Readonly<Record<string, LossInput['of']>> = {
  sparse_categorical_crossentropy: 'classes',
  categorical_crossentropy: 'classes',
  binary_crossentropy: 'labels',
};

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The class of Keras that does what a function or a name of Keras does. */
export function kerasLossClass(name: string): string | undefined {
  const bare = lastPart(name);
  if (Object.hasOwn(OBJECTS, bare)) return bare;
  if (!Object.hasOwn(FUNCTIONS, bare)) return undefined;
  return bare
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}
