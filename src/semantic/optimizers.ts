// Optimizers that a file constructs: which family, at which learning rate, over which parameters.

import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { argumentOf, keywordOf } from './configuration-sources';
import { derived } from './derived';
import { canonicalName } from './libraries';
import type { SemanticModel } from './model';

/** How a learning rate is to be read: Adam and its kin divide by the gradient's size, plain descent does not. */
export type OptimizerFamily = 'adam' | 'rmsprop' | 'sgd';

export interface OptimizerCall {
  readonly segment: Segment;
  readonly call: CallExpr;
  readonly family: OptimizerFamily;
  /** "AdamW", as the library spells it. */
  readonly name: string;
  readonly framework: 'torch' | 'keras' | 'jax';
  /** The learning rate as it is passed; undefined where the default is used, or where it can't be seen. */
  readonly rate: Expr | undefined;
  /** What is optimised, where the constructor is told. */
  readonly parameters: Expr | undefined;
}

const HOMES =
  /^(torch\.optim|transformers|bitsandbytes\.optim|apex\.optimizers|deepspeed\.ops\.adam|keras\.optimizers|tensorflow\.train|tensorflow\.optimizers|optax)(\.\w+)*\.(\w+)$/;
/** What names of one optimizer differ in: `FusedAdam`, `DeepSpeedCPUAdam`, `AdamW8bit`, `AdamOptimizer`. */
const AFFIXES = /^(deepspeed|paged|fused|cpu)+|(optimizer|8bit|32bit)+$/g;
const FAMILIES: Readonly<Record<string, OptimizerFamily>> = {
  adam: 'adam',
  adamw: 'adam',
  nadam: 'adam',
  radam: 'adam',
  nadamw: 'adam',
  adamax: 'adam',
  rmsprop: 'rmsprop',
  sgd: 'sgd',
  gradientdescent: 'sgd',
  momentum: 'sgd',
};

/** The optimizers that a segment constructs. */
export function optimizersIn(model: SemanticModel, segment: Segment): readonly OptimizerCall[] {
  const analysis = model.analysisOf(segment);
  if (!analysis) return [];
  return derived(analysis, optimizersIn, () =>
    analysis.callExprs.flatMap((call) => optimizerOf(model, segment, call) ?? []),
  );
}

function optimizerOf(model: SemanticModel, segment: Segment, call: CallExpr): OptimizerCall | undefined {
  const callee = model.valueOf(segment, call.callee);
  if (callee.kind !== 'library') return undefined;
  const match = HOMES.exec(canonicalName(callee.name));
  const name = match?.[3];
  const family = name && FAMILIES[name.toLowerCase().replace(AFFIXES, '')];
  if (!match || !name || !family) return undefined;
  const home = match[1] ?? '';
  const framework = home === 'optax' ? 'jax' : /^(keras|tensorflow)/.test(home) ? 'keras' : 'torch';
  const takesParameters = framework === 'torch';
  return {
    segment,
    call,
    family,
    name,
    framework,
    rate: keywordOf(call, 'lr') ?? argumentOf(call, 'learning_rate', takesParameters ? 1 : 0),
    parameters: takesParameters ? (keywordOf(call, 'params') ?? argumentOf(call, 'params', 0)) : undefined,
  };
}
