// What trainers and libraries around the frameworks say in one sentence when something is not finite.

import { type Sentence, sentenceFormat } from '../log/sentence-detector';
import { pythonNumberPattern } from '../python-number';

const number = pythonNumberPattern;
const nonFiniteWord = '[-+]?(?:nan|NaN|inf|Inf|infinity)';

const sentences: readonly Sentence[] = [
  // Lightning
  {
    key: 'is not finite. Previous best value',
    text: /Monitored metric (?<metric>\S+) = (?<value>\S+) is not finite\. Previous best value/,
    kind: 'metric-nonfinite',
    value: 'nonfinite',
    framework: 'lightning',
  },
  {
    key: 'returned in `training_step` is',
    text: new RegExp(String.raw`The loss returned in \x60training_step\x60 is (?<value>${nonFiniteWord})`),
    kind: 'loss-nan',
    value: 'nan',
    framework: 'lightning',
  },
  {
    key: 'Detected nan and/or inf values in',
    text: /Detected nan and\/or inf values in `(?<param>[^`]+)`/,
    kind: 'grad-nonfinite',
    value: 'nonfinite',
    framework: 'lightning',
  },
  // OpenMMLab
  {
    key: 'is infinite. Previous best value',
    text: /Monitored metric (?<metric>\S+) = (?<value>\S+) is infinite\. Previous best value/,
    kind: 'metric-nonfinite',
    value: 'nonfinite',
    framework: 'pytorch',
  },
  {
    key: 'loss become infinite or NaN!',
    text: /loss become infinite or NaN!/,
    kind: 'loss-nan',
    value: 'nonfinite',
    framework: 'pytorch',
  },
  // detectron2
  {
    key: 'Loss became infinite or NaN at iteration=',
    text: /Loss became infinite or NaN at iteration=(?<step>\d+)/,
    kind: 'loss-nan',
    value: 'nonfinite',
    framework: 'detectron2',
    showsLosses: true,
  },
  {
    key: 'Predicted boxes or scores contain Inf/NaN',
    text: /Predicted boxes or scores contain Inf\/NaN\. Training has diverged/,
    kind: 'nan-forward',
    value: 'nonfinite',
    framework: 'detectron2',
  },
  // DETR, MAE, torchvision's references and what grew out of them
  {
    key: 'stopping training',
    text: new RegExp(
      String.raw`^(?:Loss is|loss:?|Loss:) (?:tensor\()?(?<value>${nonFiniteWord})\b.{0,80}, stopping training`,
    ),
    kind: 'loss-nan',
    framework: null,
    showsLosses: true,
  },
  // ignite
  {
    key: 'contains NaN or Inf. Stop training',
    text: /(?:^|\s)\w{1,60}: Output '(?<value>.{0,400}?)' contains NaN or Inf\. Stop training/,
    kind: 'loss-nan',
    value: 'nonfinite',
    framework: 'pytorch',
  },
  // ESPnet, FunASR
  {
    key: 'The grad norm is',
    text: new RegExp(String.raw`The grad norm is (?<value>${nonFiniteWord})\. Skipping updating the model`),
    kind: 'grad-nonfinite',
    value: 'nan',
    framework: 'pytorch',
  },
  // SpeechBrain
  {
    key: 'Loss is not finite and patience is exhausted',
    text: /Loss is not finite and patience is exhausted/,
    kind: 'loss-nan',
    value: 'nonfinite',
    framework: 'pytorch',
  },
  {
    key: 'Parameter is not finite:',
    text: /Parameter is not finite: (?<param>[\w.]+)/,
    kind: 'grad-nonfinite',
    value: 'nonfinite',
    framework: 'pytorch',
  },
  // Composer
  {
    key: 'Train loss contains a NaN',
    text: /Train loss contains a (?<value>NaN)/,
    kind: 'loss-nan',
    framework: 'pytorch',
  },
  // NeMo, and scripts that took its words over
  {
    key: 'etected inf or nan values in gradients',
    text: /[Dd]etected inf or nan values in gradients/,
    kind: 'grad-nonfinite',
    value: 'nonfinite',
    framework: 'pytorch',
  },
  // AllenNLP
  {
    key: 'nan loss encountered',
    text: /ValueError: (?<value>nan) loss encountered/,
    kind: 'loss-nan',
    framework: 'pytorch',
  },
  // The web interface of Stable Diffusion
  {
    key: 'NaNs was produced in',
    text: /A tensor with (?:all )?(?<value>NaN)s was produced in (?<module>\w+)/,
    kind: 'nan-forward',
    framework: 'pytorch',
  },
  // Paddle: the operation, the counts, the device
  {
    key: 'There are NAN or INF',
    text: /There are NAN or INF \(num_nan=(?<nan>\d+), ?num_inf=(?<inf>\d+)(?:, ?num_zero=\d+)?\) in \[device=[^,\]]*, op=(?<op>[^,\]]+), tensor=[^,\]]*, dtype=(?<dtype>\w+)/,
    event: 'paddle',
    kind: 'nan-forward',
    framework: 'paddle',
  },
  {
    key: '[PRECISION] [ERROR] in',
    text: new RegExp(
      String.raw`\[PRECISION\] \[ERROR\] in \[device=[^,\]]*, op=(?<op>[^,\]]+), tensor=[^,\]]*, dtype=(?<dtype>\w+)\], numel=\d+, num_nan=(?<nan>\d+), ?num_inf=(?<inf>\d+)(?:, ?num_zero=\d+)?, max=(?<max>${number}), min=(?<min>${number})`,
    ),
    event: 'paddle',
    kind: 'nan-forward',
    framework: 'paddle',
  },
  // Megatron-Core: the checks of its gradients and losses, and of the state machine that runs a doubtful step again
  {
    key: 'in local forward loss calculation',
    text: /Rank (?<rank>\d+), node \S+, device \S+, iteration (?<step>\d+): Unexpected result \S+ \(message='found (?<value>NaN|Inf) in local forward loss calculation/,
    event: 'megatron loss',
    kind: 'loss-nan',
    framework: 'megatron',
  },
  {
    key: 'in local forward loss calculation',
    text: /Unexpected result \S+ on rank (?<rank>\d+) at iteration #(?<step>\d+) .{0,200}found (?<value>NaN|Inf) in local forward loss calculation/,
    event: 'megatron loss',
    kind: 'loss-nan',
    framework: 'megatron',
  },
  {
    key: 'in local forward loss calculation',
    text: /(?:Rank (?<rank>\d+): )?found (?<value>NaN|Inf) in local forward loss calculation/,
    event: 'megatron loss',
    kind: 'loss-nan',
    framework: 'megatron',
  },
  {
    key: 'in local grad norm',
    text: /Rank (?<rank>\d+), node \S+, device \S+, iteration (?<step>\d+): Unexpected result \S+ \(message='found (?<value>NaN|Inf) in local grad norm/,
    event: 'megatron gradient',
    kind: 'grad-nonfinite',
    framework: 'megatron',
  },
  {
    key: 'in local grad norm',
    text: /Unexpected result \S+ on rank (?<rank>\d+) at iteration #(?<step>\d+) .{0,200}found (?<value>NaN|Inf) in local grad norm/,
    event: 'megatron gradient',
    kind: 'grad-nonfinite',
    framework: 'megatron',
  },
  {
    key: 'in local grad norm',
    text: /(?:Rank (?<rank>\d+): )?found (?<value>NaN|Inf) in local grad norm/,
    event: 'megatron gradient',
    kind: 'grad-nonfinite',
    framework: 'megatron',
  },
  {
    key: 'Detected NaN or Inf in wgrad',
    text: /\[Megatron-FSDP\].{0,200}Detected NaN or Inf in wgrad(?::? (?:of |for )?(?<param>\w+(?:\.\w+)+))?/,
    kind: 'grad-nonfinite',
    value: 'nonfinite',
    framework: 'megatron',
  },
  // MindSpore
  {
    key: 'Invalid loss, terminating training.',
    text: /[Ee]poch: (?:\[ *)?(?<epoch>\d+)(?:\/ *\d+\])?,? step: (?:\[ *)?(?<step>\d+)(?:\/ *\d+\])?\. Invalid loss, terminating training\./,
    kind: 'loss-nan',
    value: 'nonfinite',
    framework: null,
  },
  // optuna
  {
    key: 'The value nan is not acceptable',
    text: /Trial \d+ failed with (?:parameters|value).{0,2000}The value (?<value>nan) is not acceptable/,
    kind: 'metric-nonfinite',
    framework: null,
    why: 'what the objective of a trial returned',
  },
  // Stable-Baselines3
  {
    key: 'ValueError: found ',
    text: /ValueError: found (?<value>nan|inf|nan, inf|inf, nan) in (?:observations|rewards|actions|\w+)\b/,
    kind: 'input-nan',
    framework: 'pytorch',
    detail: /^Originated from the /,
  },
  // scikit-learn
  {
    key: 'contains NaN',
    text: /ValueError: Input(?: (?<param>\w+))? contains (?<value>NaN(?:, infinity)?)/,
    kind: 'input-nan',
    framework: 'scikit-learn',
    detail: /^(?<op>[A-Z]\w+) does not accept missing values/,
  },
  {
    key: 'contains infinity',
    text: /ValueError: Input(?: (?<param>\w+))? contains (?<value>infinity)/,
    kind: 'input-nan',
    framework: 'scikit-learn',
  },
  // torchmetrics
  {
    key: 'Encountered `nan` values in tensor',
    text: /Encountered `(?<value>nan)` values in tensor/,
    kind: 'metric-nonfinite',
    framework: 'pytorch',
    why: 'a metric was given NaN, and leaves it out',
  },
  // sd-scripts
  {
    key: 'NaN found in latents',
    text: /(?<value>NaN) found in latents/,
    kind: 'input-nan',
    framework: 'pytorch',
  },
];

export const trainerSentences = sentenceFormat({ id: 'trainer-sentence', claim: 0.7, sentences });
