// NAN408: a recurrent network, a transformer or a policy is trained, and nothing bounds its gradients.

import { type Setting, settingOf } from '../semantic/configuration';
import { keywordOf } from '../semantic/configuration-sources';
import { derived } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { pretrainedModels } from '../semantic/pretrained';
import type { CallEvent } from '../semantic/training';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { indentationAt, newlineOf, wholeLines } from './lines';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';

export const rule: Rule = {
  code: 'NAN408',
  name: 'no-gradient-clipping',
  severity: 'hint',
  summary: 'A recurrent network, a transformer or a policy is trained without a bound on its gradients.',
  needs: ['torch', 'transformers', 'lightning', 'pytorch_lightning'],
  fixable: 'unsafe',
  docs: {
    what: 'Hints, once a file, at a training loop of a recurrent network, a transformer or a policy gradient in which nothing clips the gradients, and at `max_grad_norm=0` and `gradient_clip_val=0`, which switch clipping off.',
    why: 'The gradients of these models are small for thousands of steps and then, for one batch, a thousand times as large: that one step ruins the weights, and the loss is NaN soon after.',
    remedy:
      'Clip the norm between `backward()` and `step()`; 1.0 is the usual bound, and costs nothing while it is not reached.',
    bad: `import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(64, 128)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


def train(loader):
    model = Tagger()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        if not torch.isfinite(loss):
            raise FloatingPointError("loss is not finite")
        loss.backward()
        optimizer.step()
`,
    good: `import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(64, 128)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


def train(loader):
    model = Tagger()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        if not torch.isfinite(loss):
            raise FloatingPointError("loss is not finite")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
`,
  },
  on: { file: checkFile },
};

function checkFile(units: readonly TrainingUnit[], context: RuleContext): void {
  const { model } = context;
  for (const { segment } of model.analyses)
    for (const call of configured(model, segment)) checkLimit(segment, call, context);
  checkLoops(units, context);
}

// ---------------------------------------------------------------- switched off

const LIMITS: readonly { readonly callee: RegExp; readonly keyword: string }[] = [
  { callee: /^transformers(\.\w+)*\.\w*TrainingArguments$/, keyword: 'max_grad_norm' },
  { callee: /^trl(\.\w+)*\.\w+Config$/, keyword: 'max_grad_norm' },
  { callee: /^(pytorch_lightning|lightning)(\.\w+)*\.Trainer$/, keyword: 'gradient_clip_val' },
];

function limitOf(model: SemanticModel, segment: Segment, call: CallExpr): Expr | undefined {
  const callee = model.valueOf(segment, call.callee);
  if (callee.kind !== 'library') return undefined;
  const name = canonicalName(callee.name);
  const known = LIMITS.find((limit) => limit.callee.test(name));
  return known && keywordOf(call, known.keyword);
}

function configured(model: SemanticModel, segment: Segment): readonly CallExpr[] {
  const analysis = model.analysisOf(segment);
  if (!analysis) return [];
  return derived(analysis, configured, () =>
    /max_grad_norm|gradient_clip_val/.test(segment.text)
      ? analysis.callExprs.filter((call) => limitOf(model, segment, call) !== undefined)
      : [],
  );
}

function checkLimit(segment: Segment, call: CallExpr, context: RuleContext): void {
  const limit = limitOf(context.model, segment, call);
  const setting = limit && settingOf(context.model, segment, limit);
  if (!limit || !setting || setting.value !== 0) return;
  const argument = call.args.find((arg) => arg.value === limit);
  context.report({
    segment,
    span: argument ?? limit,
    confidence: 'proven',
    message: `\`${oneLine(sourceOf(segment, argument ?? limit), 50)}\` switches gradient clipping off, so that one bad batch can ruin the weights. 1.0 is the usual bound.`,
    related:
      setting.expr === limit
        ? []
        : [{ segment: setting.segment, span: setting.expr, message: 'the bound is set here' }],
    fixes: [limitFix(setting)],
  });
}

function limitFix(setting: Setting): LocalFix {
  return {
    title: 'Clip the norm of the gradients at 1.0',
    safety: 'unsafe',
    edits: [{ segment: setting.segment, span: setting.expr, text: '1.0' }],
  };
}

// ---------------------------------------------------------------- loops of one's own

/** Whatever bounds gradients, or looks at their size: then somebody has thought of it, here or in a file beside. */
const BOUNDED =
  /clip|clamp_?\(|max_(grad_)?norm|grad_?norm|trust_ratio|deepspeed|megatron|(^|\W)(SAM|Adafactor|LAMB)\b/i;
const GYMS = ['gym', 'gymnasium', 'pettingzoo', 'dm_env', 'procgen'];
const DEEP_IN_TIME =
  /^torch\.nn\.(modules\.\w+\.)?(RNN|LSTM|GRU|RNNCell|LSTMCell|GRUCell|Transformer\w*|MultiheadAttention)$/;

function checkLoops(units: readonly TrainingUnit[], context: RuleContext): void {
  const { model } = context;
  const steps = units.flatMap((unit) => {
    const backwards = unit.graph.of('backward').filter((event) => event.loops.length > 0);
    if (backwards.length === 0) return [];
    return unit.graph.of('step').filter(
      (step) =>
        step.loops.length > 0 &&
        // A closure is run as often as a line search asks for it, which bounds the step by itself.
        (step.scaler !== undefined || step.node.args.length === 0) &&
        backwards.some((event) => unit.graph.reaches(event, step, () => false)),
    );
  });
  const order = new Map(model.module.segments.map((placed, i) => [placed.segment, i]));
  const place = (event: CallEvent) => [order.get(event.segment) ?? 0, event.node.start] as const;
  const [first] = steps.sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
  if (!first || BOUNDED.test(model.module.text)) return;
  const kind = kindOf(model);
  if (!kind) return;
  context.report({
    segment: first.segment,
    span: first.node,
    confidence: 'likely',
    message: `\`${oneLine(sourceOf(first.segment, first.node), 50)}\` takes whatever gradient one batch gives, and those of ${kind.what} explode now and then. Clip their norm before it.`,
    related: [{ segment: kind.segment, span: kind.span, message: `${kind.what} is made here` }],
    fixes: clipFixes(first, context),
  });
}

interface Kind {
  readonly what: string;
  readonly segment: Segment;
  readonly span: Expr;
}

/** What the file trains, where its gradients are known to explode. */
function kindOf(model: SemanticModel): Kind | undefined {
  for (const { segment, callExprs } of model.analyses) {
    for (const call of callExprs) {
      const name = model.qualifiedName(segment, call.callee);
      const layer = name && DEEP_IN_TIME.exec(name)?.[2];
      if (!layer) continue;
      const what = /^(Transformer|Multihead)/.test(layer) ? 'a transformer' : 'a recurrent network';
      return { what, segment, span: call };
    }
  }
  const [pretrained] = model.packages.has('transformers') ? pretrainedModels(model) : [];
  if (pretrained) return { what: 'a transformer', segment: pretrained.segment, span: pretrained.call };
  return GYMS.some((name) => model.packages.has(name)) ? policyOf(model) : undefined;
}

/** `dist.log_prob(action)`, the heart of a policy gradient. */
function policyOf(model: SemanticModel): Kind | undefined {
  for (const { segment, callExprs } of model.analyses) {
    const call = callExprs.find(({ callee }) => callee.kind === 'Attribute' && callee.name === 'log_prob');
    if (call) return { what: 'a policy', segment, span: call };
  }
  return undefined;
}

function clipFixes(step: CallEvent, { model }: RuleContext): LocalFix[] {
  const { segment, node, scaler, parameters, managed, subject } = step;
  const torch = model.nameFor('torch');
  const stmt = model.statementOf(segment, node);
  const lines = stmt?.kind === 'ExprStmt' && stmt.value === node ? wholeLines(segment, stmt, false) : undefined;
  if (managed || !torch || !stmt || !lines || !parameters || !subject || step.via !== node) return [];
  if (usesManaged(model)) return [];
  const indentation = indentationAt(segment, stmt.start);
  const newline = newlineOf(segment);
  const unscale = scaler
    ? `${indentation}${sourceOf(segment, scaler)}.unscale_(${sourceOf(segment, subject)})${newline}`
    : '';
  const clip = `${indentation}${torch}.nn.utils.clip_grad_norm_(${parameters.model}.parameters(), 1.0)${newline}`;
  return [
    {
      title: 'Clip the norm of the gradients at 1.0',
      safety: 'unsafe',
      edits: [{ segment, span: { start: lines.start, end: lines.start }, text: unscale + clip }],
    },
  ];
}

/** Frameworks that scale or shard gradients have a clip of their own. */
function usesManaged(model: SemanticModel): boolean {
  return ['accelerate', 'lightning', 'pytorch_lightning', 'deepspeed', 'apex'].some((name) => model.packages.has(name));
}
