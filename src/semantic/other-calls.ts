// What a call gives that no library table knows: objects of classes, models put together, methods of unknown objects.

import type { CallExpr } from '../syntax/ast';
import { callLocal } from './calls';
import { libraryBases } from './classes';
import { loadedData, sameData } from './data-sources';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import { callModel, isContainer, isKerasModel, withLayer } from './layers';
import { canonicalName, frameworkOf } from './libraries';
import { shared } from './lists';
import { loadedTable, loadedThrough } from './loaded';
import { dottedName } from './program';
import * as R from './range';
import { splitParts } from './scales';
import type { Session } from './session';
import {
  asQuantity,
  type Instance,
  joinValues,
  type LocalInstance,
  literalNumber,
  type Quantity,
  UNKNOWN,
  type Value,
} from './value';

/** The value of a call of `callee` that no table describes. */
export function otherCall(
  evaluator: Evaluator,
  expr: CallExpr,
  callee: Value,
  args: readonly Value[],
  env: Environment,
): Value {
  leaveLists(expr, args, env);
  switch (callee.kind) {
    case 'library': {
      if (MODEL_WRAPPERS.has(canonicalName(callee.name))) return args[0] ?? UNKNOWN;
      const last = callee.name.slice(callee.name.lastIndexOf('.') + 1);
      if (/^_*[A-Z]/.test(last) || INSTANCES.has(canonicalName(callee.name))) {
        return {
          kind: 'instance',
          className: callee.name,
          call: expr,
          segment: evaluator.context.segment,
          args: expr.args.map((arg, i) => ({
            keyword: arg.keyword,
            value: args[i] ?? UNKNOWN,
            ...(arg.unpack === '' ? {} : { unpack: arg.unpack }),
          })),
        };
      }
      const place = { segment: evaluator.context.segment, span: { start: expr.start, end: expr.end } };
      const loaded = loadedTable(callee.name, expr, evaluator.context.segment);
      if (loaded) return { ...UNKNOWN, madeBy: callee.name, loaded };
      const data = loadedData(callee.name, expr, args, place) ?? splitParts(callee.name, expr, args);
      if (data) return data;
      const framework = frameworkOf(callee.name);
      if (framework === undefined) {
        const named = calledByName(evaluator.session, expr, args);
        return named.kind === 'quantity' ? { ...named, madeBy: callee.name } : named;
      }
      const made: Quantity = { ...UNKNOWN, madeBy: callee.name };
      return framework !== 'python' && TENSOR_HOMES.test(canonicalName(callee.name)) ? { ...made, framework } : made;
    }
    case 'instance':
      return callInstance(evaluator, expr, callee, args);
    case 'function':
    case 'class':
    case 'object':
      return callLocal(evaluator, expr, callee, args);
    case 'method':
      return (
        callModelMethod(evaluator, expr, callee.receiver, callee.name, args, env) ??
        callUnknownMethod(evaluator, expr, callee.receiver, callee.name, args)
      );
    default:
      return calledByName(evaluator.session, expr, args);
  }
}

/** What is known of a function of another module by its name: `neuron_norm(p)` gives a norm. */
function calledByName(session: Session, expr: CallExpr, args: readonly Value[]): Value {
  const { callee } = expr;
  const name = callee.kind === 'Name' ? callee.id : callee.kind === 'Attribute' ? callee.name : '';
  // It takes the number out of a tensor.
  if (name === 'item' && args.length === 1) return args[0] ?? UNKNOWN;
  const assumed = session.assumedByName(name);
  const isGiven = assumed?.role === 'norm' || assumed?.role === 'deviation' || assumed?.role === 'variance';
  return assumed && isGiven ? assumed : UNKNOWN;
}

function callInstance(evaluator: Evaluator, expr: CallExpr, callee: Instance, args: readonly Value[]): Value {
  const at = {
    node: expr,
    segment: evaluator.context.segment,
    local: (model: LocalInstance, given: readonly Value[]) => callLocal(evaluator, expr, model, given),
  };
  const value = callModel(callee, args[0] ?? UNKNOWN, at);
  const className = canonicalName(callee.className);
  if (value === undefined)
    return className.startsWith('torch.nn.') ? { ...UNKNOWN, holder: 'tensor', framework: 'torch' } : UNKNOWN;
  if (value.kind !== 'quantity' || !isContainer(callee)) return value;
  const span = { start: expr.start, end: expr.end };
  const message = 'the last layer of this Sequential gives it';
  return { ...value, because: [{ segment: evaluator.context.segment, span, message }] };
}

/** A list that is handed to other code may be filled or emptied there. */
function leaveLists(expr: CallExpr, args: readonly Value[], env: Environment): void {
  expr.args.forEach((arg, i) => {
    const value = args[i];
    if (value?.kind !== 'list' && !(value?.kind === 'sequence' && value.elements.length === 0)) return;
    const key = dottedName(arg.value);
    if (key !== undefined) env.set(key, shared(value));
  });
}

/** `model.add(layer)`, `model.predict(x)`, Flax's `model.apply(variables, x)`. */
function callModelMethod(
  evaluator: Evaluator,
  expr: CallExpr,
  receiver: Value,
  name: string,
  args: readonly Value[],
  env: Environment,
): Value | undefined {
  if (receiver.kind === 'object') {
    if (name !== 'apply' || args.length < 2 || !isFlaxModule(evaluator, receiver)) return undefined;
    return callLocal(evaluator, { ...expr, args: expr.args.slice(1) }, receiver, args.slice(1));
  }
  if (receiver.kind !== 'instance') return undefined;
  if (isKerasModel(receiver) && PREDICTS.has(name)) return callInstance(evaluator, expr, receiver, args);
  if (!isContainer(receiver)) return undefined;
  const changed = withLayer(receiver, name, args);
  const key = expr.callee.kind === 'Attribute' ? dottedName(expr.callee.object) : undefined;
  if (changed && key !== undefined) env.set(key, changed);
  return changed;
}

const PREDICTS: ReadonlySet<string> = new Set(['predict', 'predict_on_batch', 'call']);

function isFlaxModule(evaluator: Evaluator, object: LocalInstance): boolean {
  return libraryBases(evaluator.session, object.type).some((name) => /^flax\.(linen\.)?Module$/.test(name));
}

function callUnknownMethod(
  evaluator: Evaluator,
  expr: CallExpr,
  receiver: Value,
  name: string,
  args: readonly Value[],
): Value {
  const data = sameData(receiver, name, expr, args);
  if (data) return data;
  const loaded = loadedThrough(receiver, name, args);
  if (loaded) return { ...UNKNOWN, loaded };
  const isModel =
    receiver.kind === 'object' ||
    (receiver.kind === 'instance' && canonicalName(receiver.className).startsWith('torch.nn.'));
  if (isModel && SELF_METHODS.has(name)) return receiver;
  if (name === 'get' && args.length === 2) return entryOr(evaluator, expr, receiver, args);
  if (receiver.kind === 'instance' && name === 'scale' && /(^|\.)\w*Scaler$/.test(receiver.className)) {
    const x = asQuantity(args[0]);
    return {
      ...x,
      origin: {
        operation: 'scale',
        node: expr,
        segment: evaluator.context.segment,
        operandTerm: x.term,
        operand: expr.args[0]?.value,
        callee: receiver,
      },
    };
  }
  if (
    receiver.kind === 'instance' &&
    /LabelBinarizer$|OneHotEncoder$/.test(receiver.className) &&
    /^(fit_)?transform$/.test(name)
  ) {
    return {
      kind: 'quantity',
      holder: 'tensor',
      framework: 'numpy',
      range: R.UNIT,
      role: /MultiLabelBinarizer$/.test(receiver.className) ? 'multi-hot' : 'label-matrix',
      dtype: 'integer',
      because: [
        {
          segment: evaluator.context.segment,
          span: { start: expr.start, end: expr.end },
          message: 'the labels are made a matrix here',
        },
      ],
    };
  }
  // A module of the object's own is called like a function, and a norm may be a layer.
  return receiver.kind === 'object' ? UNKNOWN : calledByName(evaluator.session, expr, args);
}

/** `log.get("count", 0)`: what the mapping holds, or the number that stands for a missing entry. */
function entryOr(evaluator: Evaluator, expr: CallExpr, receiver: Value, args: readonly Value[]): Value {
  const [key, fallback] = args as [Value, Value];
  const entry =
    receiver.kind === 'mapping' && key.kind === 'string' ? receiver.entries.get(key.values[0] ?? '') : undefined;
  if (entry !== undefined) return entry;
  const missing = literalNumber(fallback);
  const joined = joinValues(UNKNOWN, fallback);
  if (joined.kind !== 'quantity' || missing === undefined) return joined;
  if (missing !== 0) return { ...joined, range: R.ANY };
  const span = { start: expr.start, end: expr.end };
  const message = 'a missing entry counts as 0 here';
  return {
    ...joined,
    // Callers are expected to fill the entry in; that it is missing is what happens now and then.
    range: R.around(1),
    because: [{ segment: evaluator.context.segment, span, message, operation: 'fallback' }],
  };
}

/** Calls that give back the model they are given, one way or another. */
const MODEL_WRAPPERS: ReadonlySet<string> = new Set([
  'torch.compile',
  'torch.nn.DataParallel',
  'torch.nn.parallel.DistributedDataParallel',
  'torch.nn.parallel.DataParallel',
  'torch.jit.script',
  'copy.deepcopy',
]);

/** Methods of a module that give back the module. */
const SELF_METHODS: ReadonlySet<string> = new Set([
  'to',
  'cuda',
  'cpu',
  'train',
  'eval',
  'float',
  'double',
  'half',
  'bfloat16',
  'requires_grad_',
  'apply',
  'share_memory',
]);

const INSTANCES: ReadonlySet<string> = new Set([
  'torch.autocast',
  'torch.cuda.amp.autocast',
  'torch.amp.autocast',
  'torch.amp.autocast_mode.autocast',
  'torch.cpu.amp.autocast',
  'torch.no_grad',
  'torch.inference_mode',
  'torch.enable_grad',
  'torch.set_grad_enabled',
  'torch.device',
  'numpy.random.default_rng',
  'contextlib.nullcontext',
]);

const TENSOR_HOMES =
  /^(torch|torch\.nn\.functional|torch\.linalg|torch\.special|torch\.fft|numpy|numpy\.linalg|jax\.numpy|jax\.nn|tensorflow|tensorflow\.math|tensorflow\.nn|keras\.ops|keras\.backend)\.[a-z]\w*$/;
