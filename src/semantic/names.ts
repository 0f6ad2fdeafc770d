// What a name says about its value. A name may raise an alarm, never calm one.

import { range } from './range';
import type { Quantity, Role } from './value';
import { UNKNOWN } from './value';

const PROBABILITY =
  /^(p|ps|prob|probs|proba|probas|probability|probabilities|softmax|softmaxed|sigmoid|likelihood|likelihoods|posterior|y_pred|y_preds|ypred|y_hat|yhat|y_prob|y_proba|pred|preds|prediction|predictions|p_\w+|probs?_\w+|\w+_probs?|\w+_proba|\w+_probabilit(y|ies)|pred_probs?|attn_probs?|attention_probs?)$/;
const NOT_PROBABILITY =
  /^(prior_prob|p_(id|idx|index|norm|dim|size|len|num|n|drop|dropout|value|key|type|name|path)|\w*log\w*|num_\w+|n_\w+)$/;

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
  if (/^(masks?|\w+_masks?|mask_[a-z0-9]{1,2})$/.test(bare))
    return { ...UNKNOWN, range: range(0, 1, 1, 1), role: 'mask', assumed: true };
  if (/^(logits|\w+_logits|logits_\w+)$/.test(bare)) return { ...UNKNOWN, role: 'logits' };
  if (/^(corr|corrs|correlation|correlations)$/.test(bare))
    return { ...UNKNOWN, range: range(-1, 1, 1, 1), assumed: true };
  // A schedule without a warm-up has one of 0 steps.
  if (
    /^(\w+_)?warm_?up(_(steps|epochs|iters|iterations|updates|num_steps|length|ratio|period|batches))?$|^num_warmup_\w+$/.test(
      bare,
    )
  )
    return { ...UNKNOWN, range: range(0, Number.POSITIVE_INFINITY, 1, 0), role: 'setting', assumed: true };
  const role = divisorRole(bare);
  return role && { ...UNKNOWN, range: range(0, Number.POSITIVE_INFINITY, 1, 0), role, assumed: true };
}

const DEVIATION = /^(std|stds|stdev|stddev|std_dev|\w+_(std|stds|stdev|stddev)|std_\w+)$/;
const VARIANCE = /^(var|vars|variance|variances|\w+_(var|variance|variances)|var_\w+|variance_\w+)$/;
const NORM = /^(norm|norms|\w+_norms?|norm_[a-z]{1,4})$/;
const COUNT =
  /^(counts?|cnt|\w+_(counts?|cnt)|(num|n)_(pos|positives?|fg|foreground|valid|neg|negatives?|boxes|gts?|targets?|matched|instances|masked|selected|objects)(_\w+)?|(pos|valid|neg|fg)_num|degs?|degrees?|\w+_(degs?|degrees?))$/;
const LENGTH = /^(lengths|lens|\w+_(lengths|lens)|seq_?lens)$/;
const DENOMINATOR = /^(denom|denominators?|\w+_(denom|denominator)|normalizer|normaliser|divisor)$/;
/** Constants of a configuration, logarithms, layers: they share a word with what is computed from data. */
const CHOSEN =
  /log|eps|tiny|layer|batch_norm|group_norm|instance_norm|^(max|clip|min|init|target|fixed|default|pixel|image|img|mel|channel)_|(init|max|min)_?std/;

/** What people divide by, that real data takes to 0. */
function divisorRole(name: string): Role | undefined {
  if (CHOSEN.test(name)) return undefined;
  if (DEVIATION.test(name)) return 'deviation';
  if (VARIANCE.test(name)) return 'variance';
  if (NORM.test(name)) return 'norm';
  if (COUNT.test(name)) return 'count';
  if (LENGTH.test(name)) return 'length';
  return DENOMINATOR.test(name) ? 'denominator' : undefined;
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
