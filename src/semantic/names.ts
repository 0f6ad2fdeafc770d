// What a name says about its value. A name may raise an alarm, never calm one.

import { range } from './range';
import type { Quantity } from './value';
import { UNKNOWN } from './value';

const PROBABILITY =
  /^(p|prob|probs|proba|probas|probability|probabilities|softmax|softmaxed|sigmoid|likelihood|likelihoods|posterior|y_pred|y_preds|ypred|y_hat|yhat|y_prob|y_proba|pred|preds|prediction|predictions|p_\w+|probs?_\w+|\w+_probs?|\w+_proba|\w+_probabilit(y|ies)|pred_probs?|attn_probs?|attention_probs?)$/;
const NOT_PROBABILITY =
  /^(p_(id|idx|index|norm|dim|size|len|num|n|drop|dropout|value|key|type|name|path)|\w*log\w*|num_\w+|n_\w+)$/;

const assumptions = new Map<string, Quantity | null>();

/** An assumption about a value of which nothing else is known, from the last part of its name. */
export function assumedByName(name: string): Quantity | undefined {
  let known = assumptions.get(name);
  if (known === undefined) {
    known = assumption(name) ?? null;
    // Names come from files; what is remembered of them must not grow without end.
    if (assumptions.size > 20_000) assumptions.clear();
    assumptions.set(name, known);
  }
  return known ?? undefined;
}

function assumption(name: string): Quantity | undefined {
  const bare = name.replace(/^_+/, '').toLowerCase();
  if (PROBABILITY.test(bare) && !NOT_PROBABILITY.test(bare)) {
    return { ...UNKNOWN, range: range(0, 1, 1, 1), role: 'probabilities', assumed: true };
  }
  if (/^(mask|masks|\w+_mask|mask_\w+)$/.test(bare))
    return { ...UNKNOWN, range: range(0, 1, 1, 1), role: 'mask', assumed: true };
  return undefined;
}

/** Whether a name speaks of an optimizer, of a learning-rate scheduler, of a gradient scaler. */
export function looksLikeOptimizer(name: string): boolean {
  return (
    /(^|_)(optim|optimizer|optimiser|opt|adam|adamw|sgd)(s|er|ers)?($|_|\d)|optimizer/i.test(name) &&
    !looksLikeScheduler(name)
  );
}
export function looksLikeScheduler(name: string): boolean {
  return /sched|(^|_)lr($|_)|warmup/i.test(name);
}
export function looksLikeScaler(name: string): boolean {
  return /scaler/i.test(name);
}
