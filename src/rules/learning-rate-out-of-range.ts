// NAN407: a learning rate far above what the optimizer usually trains with.

import { numberSetting, type Setting, settingOf } from '../semantic/configuration';
import { keywordOf } from '../semantic/configuration-sources';
import { derived } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { type OptimizerCall, type OptimizerFamily, optimizersIn } from '../semantic/optimizers';
import { pretrainedUse } from '../semantic/pretrained';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { isRateChangedLater, subjectOfOptimizer } from './learning-rate-evidence';
import { type LocalFix, oneLine, type Report, type Rule, type RuleContext, sourceOf } from './rule';

interface Usual {
  /** Rates above it are unusual. */
  readonly limit: number;
  /** A rate to begin with, as it is written. */
  readonly start: string;
  readonly what: string;
}

const USUAL: Readonly<Record<OptimizerFamily, (name: string) => Usual>> = {
  adam: (name) => ({ limit: 1e-2, start: '1e-3', what: name }),
  rmsprop: (name) => ({ limit: 1e-2, start: '1e-3', what: name }),
  sgd: (name) => ({ limit: 1, start: '1e-2', what: name }),
};
const FINE_TUNING: Usual = { limit: 1e-3, start: '2e-5', what: 'fine-tuning a pretrained transformer' };
/** So many times the limit, a rate is a mistake rather than a matter of taste. */
const FAR = 10;
const VERY_FAR = 100;

export const rule: Rule = {
  code: 'NAN407',
  name: 'learning-rate-out-of-range',
  severity: 'information',
  summary: 'A learning rate far above what the optimizer usually trains with.',
  fixable: 'unsafe',
  docs: {
    what: 'Finds a literal learning rate above the usual range: over 0.01 for Adam and its kin, over 0.001 for fine-tuning a pretrained transformer, over 1 for plain gradient descent. It is a warning from ten times that on.',
    why: "Adam's step is about as long as its learning rate, whatever the gradient is, and plain descent overshoots more with each step once the rate is above what the curvature allows: the loss climbs, overflows to Inf and is NaN one step later.",
    remedy:
      'Start at the usual rate (1e-3 for Adam, 2e-5 for fine-tuning, 1e-2 for SGD), and go up from there with a warm-up while the loss still falls.',
    bad: `import math

import torch


def train(model: torch.nn.Module, loader):
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0)
    for x, y in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        if not math.isfinite(loss.item()):
            raise FloatingPointError("loss is not finite")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
`,
    good: `import math

import torch


def train(model: torch.nn.Module, loader):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for x, y in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        if not math.isfinite(loss.item()):
            raise FloatingPointError("loss is not finite")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
`,
  },
  on: { file: (_, context) => checkFile(context) },
};

function checkFile(context: RuleContext): void {
  const { model } = context;
  for (const { segment } of model.analyses) {
    for (const optimizer of optimizersIn(model, segment)) checkOptimizer(optimizer, context);
    for (const call of trainerCalls(model, segment)) checkTrainer(segment, call, context);
  }
}

function checkOptimizer(optimizer: OptimizerCall, context: RuleContext): void {
  const { model } = context;
  const { segment, rate } = optimizer;
  const setting = rate && numberSetting(model, segment, rate);
  // Most are below the lowest of all limits.
  if (!rate || !setting || setting.value <= FINE_TUNING.limit) return;
  const subject = subjectOfOptimizer(model, optimizer, setting.value);
  if (!subject || isRateChangedLater(model)) return;
  const usual = subject.isPretrained ? FINE_TUNING : USUAL[optimizer.family](optimizer.name);
  const isSure = subject.isDeep || setting.value >= VERY_FAR * usual.limit;
  tell(context, segment, rate, setting, usual, isSure);
}

const HF_ARGUMENTS =
  /^(transformers|trl|sentence_transformers)(\.\w+)*\.(\w*TrainingArguments|(SFT|DPO|ORPO|KTO|CPO|PPO|GRPO|Reward)Config)$/;
const TRAINERS = /\.\w*Trainer(Config)?$/;

/** Calls that configure a trainer of a library, which makes the optimizer by itself. */
function trainerCalls(model: SemanticModel, segment: Segment): readonly CallExpr[] {
  const analysis = model.analysisOf(segment);
  if (!analysis) return [];
  return derived(analysis, trainerCalls, () =>
    analysis.callExprs.filter((call) => {
      if (!keywordOf(call, 'learning_rate', 'lr')) return false;
      const callee = model.valueOf(segment, call.callee);
      return callee.kind === 'library' && (HF_ARGUMENTS.test(callee.name) || TRAINERS.test(callee.name));
    }),
  );
}

function checkTrainer(segment: Segment, call: CallExpr, context: RuleContext): void {
  const { model } = context;
  const rate = keywordOf(call, 'learning_rate', 'lr');
  const setting = rate && numberSetting(model, segment, rate);
  if (!rate || !setting) return;
  const callee = model.valueOf(segment, call.callee);
  const name = callee.kind === 'library' ? canonicalName(callee.name) : '';
  if (!HF_ARGUMENTS.test(name)) {
    // Whatever optimizer it makes, a rate above that of plain descent is none of the usual ones.
    tell(context, segment, rate, setting, { ...USUAL.sgd('training'), start: '1e-3' }, false);
    return;
  }
  const optim = keywordOf(call, 'optim');
  const chosen = optim && settingOf(model, segment, optim)?.value;
  if (optim && !(typeof chosen === 'string' && /^(paged_|ademamix)?adam/.test(chosen))) return;
  const isPretrained = pretrainedUse(model) === 'whole';
  tell(context, segment, rate, setting, isPretrained ? FINE_TUNING : USUAL.adam('AdamW'), isPretrained);
}

function tell(
  context: RuleContext,
  segment: Segment,
  rate: Expr,
  setting: Setting & { readonly value: number },
  usual: Usual,
  isSure: boolean,
): void {
  const factor = setting.value / usual.limit;
  if (factor <= 1) return;
  const text = sourceOf(setting.segment, setting.expr);
  const isElsewhere = setting.expr !== rate;
  const shown = isElsewhere ? `${text} of \`${oneLine(sourceOf(segment, rate), 40)}\`` : `\`${text}\``;
  const times = factor >= 2 ? `${Number(factor.toPrecision(2))} times` : 'above';
  const report: Report = {
    segment,
    span: rate,
    severity: isSure && factor >= FAR ? 'warning' : 'information',
    confidence: 'likely',
    message: `The learning rate ${shown} is ${times} the largest that is usual for ${usual.what} (${usual.limit}): the loss may climb until it is Inf and NaN. Start at ${usual.start}, and go up with a warm-up.`,
    related: isElsewhere
      ? [{ segment: setting.segment, span: setting.expr, message: 'the learning rate is set here' }]
      : [],
    fixes: [fixFor(setting, usual)],
  };
  context.report(report);
}

function fixFor(setting: Setting, usual: Usual): LocalFix {
  return {
    title: `Use ${usual.start}, a usual learning rate for ${usual.what}`,
    safety: 'unsafe',
    edits: [{ segment: setting.segment, span: setting.expr, text: usual.start }],
  };
}
