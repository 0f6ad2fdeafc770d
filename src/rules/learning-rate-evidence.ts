// What a learning rate is worth in its file: what the optimizer works on, and whether the rate is changed before it is used.

import { originOf } from '../semantic/configuration';
import { mentions } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { OptimizerCall } from '../semantic/optimizers';
import { pretrainedUse } from '../semantic/pretrained';
import type { Value } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { sourceOf } from './rule';

export interface OptimizerSubject {
  /** All weights of a pretrained transformer. */
  readonly isPretrained: boolean;
  /** Several layers with weights, as far as one can see. */
  readonly isDeep: boolean;
}

/**
 * Schedules whose multiplier gives the base rate its size, searches for a rate, and assignments that overrule it. What
 * only shrinks the rate on the way is none of them.
 */
const CHANGES =
  /LambdaLR|OneCycle|CyclicLR|Noam|\bmup\b|lr_?find|LRFinder|lr_range_test|inverse_sqrt|rsqrt_schedule|LearningRateSchedul|inject_hyperparams|line_?search|\[\s*['"]lr['"]\s*\]\s*=[^=]|optim\w*\.(lr|learning_rate)\s*=[^=]|learning_rate\.assign|set_lr\b|adjust_learning_rate|scale_lr|warm_?up_?factor|\b(pytest|unittest)\b|ray\.tune|tune\.(log)?uniform|suggest_/i;

/** Whether the file may give the optimizer another rate than the one it was made with. */
export function isRateChangedLater(model: SemanticModel): boolean {
  return mentions(model, CHANGES);
}

/** Where steps are meant to be long: inner loops, attacks, searches in a space of inputs, probes on frozen features. */
const LONG_STEPS =
  /inner|meta|maml|fast|adapt|attack|advers|latent|invert|inversion|prob(e|ing)\b|lin(ear)?_?(cls|eval|prob)|toy|demo|test|overfit|calibrat|temperature|alpha|dual|lagrang|arch/i;

const TRAINS_KERAS = /\.compile\(|trainable_(variables|weights)/;
const FREEZES = /requires_grad(_\()?\s*=?\s*False/;
const CLIPS = /clip_grad|gradient_clip/;

/** What the optimizer works on; undefined where its rate says nothing: single tensors, groups, tables, one layer. */
export function subjectOfOptimizer(
  model: SemanticModel,
  optimizer: OptimizerCall,
  rate: number,
): OptimizerSubject | undefined {
  const { segment, call } = optimizer;
  if (isLongStepped(model, segment, call)) return undefined;
  if (optimizer.framework === 'jax') return ofOptax(model, optimizer);
  if (optimizer.framework === 'keras') {
    return mentions(model, TRAINS_KERAS) ? { isPretrained: false, isDeep: true } : undefined;
  }
  const parameters = optimizer.parameters && originOf(model, segment, optimizer.parameters);
  if (!parameters) return undefined;
  const owner = ownerOf(parameters.expr);
  if (!owner) return undefined;
  // Only a head is trained on features that are given: its steps may be long.
  if (optimizer.family === 'sgd' && mentions(model, FREEZES)) return undefined;
  const layers = layersOf(model, parameters.segment, owner);
  const isTable = layers?.every((layer) => /^Embedding/.test(layer)) ?? false;
  if (layers && layers.length > 0 && isTable) return undefined;
  if (layers && layers.length === 1 && optimizer.family !== 'sgd') return undefined;
  // Language models are trained with plain descent at rates of 1 to 30, and clipped.
  const isRecurrent = layers?.some((layer) => /^(RNN|LSTM|GRU|Embedding)/.test(layer)) ?? true;
  const isMeant = isRecurrent && (layers !== undefined || mentions(model, CLIPS));
  if (optimizer.family === 'sgd' && isMeant && rate <= 100) return undefined;
  return {
    isPretrained: optimizer.family !== 'sgd' && isWholePretrained(model, parameters.segment, owner),
    isDeep: true,
  };
}

function isLongStepped(model: SemanticModel, segment: Segment, call: Expr): boolean {
  const stmt = model.statementOf(segment, call);
  if (stmt?.kind === 'Assign' && stmt.targets.some((target) => LONG_STEPS.test(sourceOf(segment, target)))) return true;
  const names = [model.enclosingFunction(segment, call)?.name, model.enclosingClass(segment, call)?.name];
  return names.some((name) => name !== undefined && LONG_STEPS.test(name));
}

/** What `optax.chain` puts after it scales the step; clipping before or after does not. */
function ofOptax(model: SemanticModel, { segment, call }: OptimizerCall): OptimizerSubject | undefined {
  for (
    let at = model.parentOf(segment, call);
    at && at.kind !== 'Assign' && at.kind !== 'Return';
    at = model.parentOf(segment, at)
  ) {
    if (at.kind !== 'Call') continue;
    const callee = model.valueOf(segment, at.callee);
    const name = callee.kind === 'library' ? callee.name : '';
    if (/^optax\.(apply_if_finite|MultiSteps)$/.test(name)) continue;
    if (name !== 'optax.chain') return undefined;
    const others = at.args.map(({ value }) => sourceOf(segment, value));
    const isScaled = others.some((text) => /scale|schedule|plateau|linesearch|trust_ratio|ema|lookahead/.test(text));
    if (isScaled) return undefined;
  }
  const isNetwork = ['flax', 'haiku', 'equinox', 'objax', 'trax'].some((name) => model.packages.has(name));
  return { isPretrained: false, isDeep: isNetwork };
}

/** The model whose `parameters()` an expression takes, alone or filtered; undefined for tensors and groups. */
function ownerOf(expr: Expr): Expr | undefined {
  if (expr.kind === 'List' || expr.kind === 'Tuple' || expr.kind === 'Dict') return undefined;
  const owners: Expr[] = [];
  walkExpressions(expr, (inner) => {
    if (inner.kind === 'Call' && inner.callee.kind === 'Attribute' && /^(named_)?parameters$/.test(inner.callee.name))
      owners.push(inner.callee.object);
    return inner.kind === 'Dict' ? 'skip' : undefined;
  });
  return owners[0];
}

// ---------------------------------------------------------------- how deep a model is

const WEIGHTED =
  /^torch\.nn\.(modules\.\w+\.)?((Lazy)?(Linear|Bilinear|Conv\w+|RNN|LSTM|GRU|RNNCell|LSTMCell|GRUCell|Embedding|EmbeddingBag|MultiheadAttention|Transformer\w*))$/;

/** One layer of another library; whatever else it has may be a whole network. */
const FOREIGN_LAYER = /^(torch_geometric|dgl|timm|fairseq)(\.\w+)*\.\w*(Conv|Layer|Linear|Embedding)$/;

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The layers with weights of a model that the file makes; undefined where it is made elsewhere. */
function layersOf(model: SemanticModel, segment: Segment, owner: Expr): string[] | undefined {
  const value = model.valueOf(segment, owner);
  return layersOfValue(model, value, 0);
}

function layersOfValue(model: SemanticModel, value: Value, depth: number): string[] | undefined {
  if (depth > 4) return undefined;
  if (value.kind === 'instance') {
    const name = canonicalName(value.className);
    const layer = WEIGHTED.exec(name)?.[2];
    if (layer) return [layer];
    if (!name.startsWith('torch.nn.')) return FOREIGN_LAYER.test(name) ? [lastPart(name)] : undefined;
    const inner = value.args.map((arg) =>
      arg.value.kind === 'quantity' ? [] : layersOfValue(model, arg.value, depth + 1),
    );
    return inner.every((each) => each !== undefined) ? inner.flat() : undefined;
  }
  if (value.kind !== 'object') return undefined;
  const { node, segment } = value.type;
  const calls =
    model.analysisOf(segment)?.callExprs.filter((call) => node.start <= call.start && call.end <= node.end) ?? [];
  const found: string[] = [];
  for (const call of calls) {
    const callee = model.valueOf(segment, call.callee);
    const layer = callee.kind === 'library' ? WEIGHTED.exec(canonicalName(callee.name))?.[2] : undefined;
    if (layer) {
      found.push(layer);
      if (isRepeated(model, segment, call)) found.push(layer);
    } else if (callee.kind === 'class') {
      found.push(...(layersOfValue(model, { kind: 'object', type: callee }, depth + 1) ?? ['Linear', 'Linear']));
    } else if (callee.kind === 'library') {
      const name = canonicalName(callee.name);
      if (FOREIGN_LAYER.test(name)) found.push(lastPart(name));
      else if (!/^torch\.(nn|\w+$)/.test(name) && /\.[A-Z]\w*$/.test(name)) found.push('Module', 'Module');
    }
  }
  return found.length > 0 ? found : undefined;
}

function isRepeated(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  for (let at = model.parentOf(segment, expr); at && at.kind !== 'FunctionDef'; at = model.parentOf(segment, at))
    if (at.kind === 'Comprehension' || at.kind === 'For' || at.kind === 'While') return true;
  return false;
}

/** A model that `from_pretrained` gave, or an object that holds one and nothing else of note. */
function isWholePretrained(model: SemanticModel, segment: Segment, owner: Expr): boolean {
  if (pretrainedUse(model) !== 'whole') return false;
  if (owner.kind === 'Name' && owner.id === 'self') {
    const type = model.enclosingClass(segment, owner);
    return type !== undefined && /\.from_pretrained\(/.test(sourceOf(segment, type));
  }
  const made = originOf(model, segment, owner);
  return made !== undefined && /\.from_pretrained\(/.test(sourceOf(made.segment, made.expr));
}
