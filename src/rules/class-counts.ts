// How many classes a model tells apart: the outputs of its last layer, followed through the classes of the file.

import { methodsOf } from '../semantic/classes';
import { isContainer, layersOf } from '../semantic/layers';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { type Instance, literalNumber, type Value } from '../semantic/value';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { walkStatements } from '../syntax/walk';
import { definitionBefore } from './data-flow';

export interface ClassCount {
  readonly count: number;
  /** The number as it is written, and where. */
  readonly segment: Segment;
  readonly expr: Expr;
}

const DEEPEST = 6;

/** The classes of logits: of what `model(x)`, or a name bound to it, gives. */
export function classesOf(model: SemanticModel, segment: Segment, logits: Expr, depth = 0): ClassCount | undefined {
  if (depth > DEEPEST) return undefined;
  if (logits.kind === 'Name') {
    const made = definitionBefore(model, segment, logits.id, logits);
    return made && classesOf(model, segment, made, depth + 1);
  }
  if (logits.kind !== 'Call') return undefined;
  const inner = unchangedIn(model, segment, logits);
  if (inner) return classesOf(model, segment, inner, depth + 1);
  return ofModel(model, model.valueOf(segment, logits.callee), depth + 1);
}

/** What a call takes its operand's last dimension from: casts, moves, softmax. */
function unchangedIn(model: SemanticModel, segment: Segment, call: CallExpr): Expr | undefined {
  const name = model.qualifiedName(segment, call.callee);
  if (name !== undefined) return /\.(log_)?softmax$/.test(name) ? call.args[0]?.value : undefined;
  if (call.callee.kind !== 'Attribute') return undefined;
  return /^(float|half|double|bfloat16|to|cuda|cpu|contiguous|(log_)?softmax)$/.test(call.callee.name)
    ? call.callee.object
    : undefined;
}

function ofModel(model: SemanticModel, value: Value, depth: number): ClassCount | undefined {
  if (depth > DEEPEST) return undefined;
  if (value.kind === 'instance') {
    const name = canonicalName(value.className);
    if (name === 'torch.nn.Linear') return argument(model, value, 'out_features', 1);
    if (name === 'torch.nn.Sequential') {
      const last = layersOf(value).at(-1);
      return last && ofModel(model, last, depth + 1);
    }
    return undefined;
  }
  if (value.kind !== 'object') return undefined;
  const { type } = value;
  const forward = methodsOf(type.node).find(({ name }) => name === 'forward');
  if (!forward) return undefined;
  let count: ClassCount | undefined;
  let isOne = true;
  walkStatements(forward.body.body, (stmt) => {
    if (stmt.kind !== 'Return') return;
    const found = stmt.value && classesOf(model, type.segment, stmt.value, depth + 1);
    // Several ways out have to agree.
    if (!found || (count && count.count !== found.count)) isOne = false;
    else count = found;
  });
  return isOne ? count : undefined;
}

function argument(model: SemanticModel, layer: Instance, keyword: string, position: number): ClassCount | undefined {
  const given =
    layer.call.args.find((arg) => arg.keyword === keyword)?.value ??
    layer.call.args.filter((arg) => arg.keyword === undefined)[position]?.value;
  const count = given && literalNumber(model.valueOf(layer.segment, given));
  return given && count !== undefined ? { count, segment: layer.segment, expr: given } : undefined;
}

/** What leaves as many values as it is given. */
const KEEPS_COUNT = /^keras\.layers\.(Softmax|Activation|Dropout|ReLU|LeakyReLU)$/;

/** The units of the last `Dense` layer of a Keras model. */
export function classesOfKeras(model: SemanticModel, learner: Instance): ClassCount | undefined {
  if (!isContainer(learner)) return undefined;
  const last = layersOf(learner).findLast(
    (layer) => !(layer?.kind === 'instance' && KEEPS_COUNT.test(canonicalName(layer.className))),
  );
  return last?.kind === 'instance' ? unitsOf(model, last) : undefined;
}

function unitsOf(model: SemanticModel, layer: Instance): ClassCount | undefined {
  return canonicalName(layer.className) === 'keras.layers.Dense' ? argument(model, layer, 'units', 0) : undefined;
}
