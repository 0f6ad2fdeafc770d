// Whether a gradient flows: through a value, out of an expression, in the code around it.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { asQuantity, type Value } from '../semantic/value';
import type { Expr, FunctionDef, Node, Segment } from '../syntax/ast';
import { sourcesOf } from './data-flow';
import { sourceOf } from './rule';

/** Code that only measures, loads or draws has no gradient, whatever it computes. */
const WITHOUT_GRADIENT =
  /^main\b|metric|eval|valid|test|score|accuracy|plot|visuali|summary|__getitem__|collate|dataset|transform|processor|preprocess|feature_?extractor|tokeniz|k_?means|callback|schedul|sampl|optimi[sz]er|monitor|statistic|constraint|initiali|^_*init_|_init\b|\bstd\b|extract|indices/i;

/** Whether the names around a place say that a gradient may flow there. */
export function isInTraining(model: SemanticModel, segment: Segment, node: Node): boolean {
  const scope = model.enclosingFunction(segment, node);
  const owner = model.enclosingClass(segment, node);
  const bases = owner?.bases.map((base) => sourceOf(segment, base.value)).join(' ') ?? '';
  if (WITHOUT_GRADIENT.test(`${scope?.name ?? ''} ${owner?.name ?? ''} ${bases}`)) return false;
  // Without a function there is no forward pass: a script that prepares numbers.
  return scope !== undefined && !takesGradients(scope);
}

/** A function that is given gradients or updates works on them after they have flowed: the step of an optimizer. */
export function takesGradients(scope: FunctionDef | undefined): boolean {
  return scope?.params.some(({ name }) => /^(updates?|grads?|gradients?)$/.test(name)) ?? false;
}

/** What a model is given: nothing learns from the gradient of a recording or of the features made of it. */
const GIVEN = /^(input_values|input_features|pixel_values|waveforms?|wavs?|audios?|spectrograms?)$/i;

/** Whether an operand is made of what a model is given. */
export function isMadeOfInput(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  return sourcesOf(model, segment, expr).some((source) => source.kind === 'Name' && GIVEN.test(source.id));
}

const COUNTED: ReadonlySet<string> = new Set(['count', 'mask', 'one-hot', 'class-ids', 'size', 'length', 'fraction']);

/** Whether a gradient can reach what a value was made from. */
export function mayCarryGradient(value: Value | undefined): boolean {
  if (value?.kind !== 'quantity') return false;
  const { holder, gradient, framework, dtype, role } = value;
  if (gradient === false || holder === 'scalar' || framework === 'numpy' || framework === 'python') return false;
  return dtype !== 'integer' && dtype !== 'bool' && !(role !== undefined && COUNTED.has(role));
}

/** Whether an operation passes a gradient on to one of its operands. */
export function passesGradient(site: OperationSite): boolean {
  if (!site.gradient || site.framework === 'numpy' || site.name.startsWith('math.')) return false;
  if (asQuantity(site.result).gradient === false) return false;
  return [...site.operands.values()].some(({ value }) => mayCarryGradient(value));
}

/** Attributes, methods and functions after which no gradient flows back. */
const ENDS_GRADIENT: ReadonlySet<string> = new Set([
  'item',
  'detach',
  'detach_',
  'tolist',
  'numpy',
  'data',
  'stop_gradient',
  'long',
  'int',
  'bool',
  'argmax',
  'argmin',
  'round',
  'ceil',
  'floor',
]);
const ENDS_GRADIENT_FUNCTIONS: ReadonlySet<string> = new Set([
  'float',
  'int',
  'round',
  'print',
  'str',
  'format',
  'stop_gradient',
]);

/** Whether a gradient that comes to `parent` stops before it reaches `node`, one of its parts. */
export function stopsGradient(parent: Node, node: Node): boolean {
  switch (parent.kind) {
    case 'Attribute':
      return ENDS_GRADIENT.has(parent.name);
    case 'Call': {
      const { callee } = parent;
      if (callee === node) return false;
      return callee.kind === 'Name'
        ? ENDS_GRADIENT_FUNCTIONS.has(callee.id)
        : callee.kind === 'Attribute' && ENDS_GRADIENT.has(callee.name);
    }
    case 'Compare':
      return true;
    default:
      return false;
  }
}

/** Whether a gradient may flow into `node` from the rest of its statement. */
export function receivesGradient(model: SemanticModel, segment: Segment, node: Node): boolean {
  let child = node;
  for (let parent = model.parentOf(segment, child); parent; parent = model.parentOf(segment, child)) {
    if (stopsGradient(parent, child)) return false;
    if (parent.kind === 'FunctionDef' || parent.kind === 'ClassDef') return true;
    child = parent;
  }
  return true;
}
