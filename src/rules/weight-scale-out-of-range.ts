// NAN703: weights begin so large that the first outputs overflow or saturate, or a divisor begins at 0.

import { mentionedIn } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import { asQuantity, literalNumber } from '../semantic/value';
import { type CallExpr, type Expr, outerSpan, type Segment } from '../syntax/ast';
import { type InitialWeight, initialWeights } from './initial-weights';
import { asOperand } from './log-rewrites';
import { type LocalFix, oneLine, type Report, type Rule, type RuleContext, sourceOf } from './rule';
import { ancestors } from './statements';

export const rule: Rule = {
  code: 'NAN703',
  name: 'weight-scale-out-of-range',
  severity: 'warning',
  summary: 'Weights of a layer start with a standard deviation of 1 or more, or a divisor starts at 0.',
  needs: ['torch', 'numpy', 'tensorflow', 'keras', 'tf_keras'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds weights of linear and convolutional layers that start with a standard deviation of 1 or more whatever the number of inputs is: `nn.init.normal_(w)` with its default, `uniform_(-1, 1)`, `torch.randn(n, m)` as a parameter, `np.random.randn` in a network written by hand; and parameters that start at 0 and are divided by. Embeddings, queries and codebooks are drawn so on purpose.',
    why: 'Each output is a sum over n inputs, so it grows by √n a layer: 30-fold for 1000 inputs, and in a deep or recurrent network beyond every range. Softmax and sigmoid saturate, squares in the loss overflow, gradients explode.',
    remedy:
      'Divide by the square root of the number of inputs, or use an initialisation that does (`xavier_normal_`, `kaiming_normal_`).',
    bad: `import torch
from torch import nn


class Layer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs))

    def forward(self, x):
        return x @ self.weight
`,
    good: `import torch
from torch import nn


class Layer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) / inputs**0.5)

    def forward(self, x):
        return x @ self.weight
`,
  },
  on: { file: checkFile },
};

function checkFile(_: unknown, context: RuleContext): void {
  const { model } = context;
  for (const analysis of model.analyses) {
    const { segment, callExprs, sites } = analysis;
    for (const weight of initialWeights(model, analysis)) context.report(drawnReport(model, weight));
    if (mentionedIn(analysis, INITIALISES))
      for (const call of callExprs) {
        const report = initialiserReport(model, segment, call) ?? kerasReport(model, segment, call);
        if (report) context.report(report);
      }
    if (!model.packages.has('torch')) continue;
    for (const site of sites) {
      const divisor = site.operation === 'divide' ? site.operands.get('y') : undefined;
      const report = divisor && zeroDivisor(model, segment, divisor.expr);
      if (report) context.report(report);
    }
  }
}

const INITIALISES = /(normal|uniform)_\(|RandomNormal|RandomUniform|TruncatedNormal/;

function drawnReport(model: SemanticModel, { segment, draw, name, inputs, use }: InitialWeight): Report {
  const count = oneLine(sourceOf(segment, inputs), 30);
  const number = literalNumber(model.valueOf(segment, inputs));
  const factor = number === undefined ? `√${count}` : `about ${Math.round(Math.sqrt(number))}`;
  const operand = /^[\w.]+$/.test(count) ? count : `(${sourceOf(segment, inputs)})`;
  const text = `${asOperand(segment, draw)} / ${operand}**0.5`;
  const parent = model.parentOf(segment, draw);
  const isOperand = parent?.kind === 'Binary' || parent?.kind === 'Attribute';
  return {
    segment,
    span: draw,
    confidence: 'likely',
    message: `\`${name}\` starts with a standard deviation of 1, so that each of its outputs, a sum over \`${count}\` inputs, is ${factor} times as large as they are. Divide it by the root of that number.`,
    related: [{ segment: use.segment, span: use.node, message: 'the sum is taken here' }],
    fixes: [
      {
        title: 'Divide by the root of the number of inputs',
        safety: 'unsafe',
        edits: [scaledDraw(segment, draw, isOperand ? `(${text})` : text, operand)],
      },
    ],
  };
}

/** A gradient is asked of the leaf itself: what is divided then is no leaf any more. */
function scaledDraw(segment: Segment, draw: CallExpr, text: string, operand: string): LocalFix['edits'][number] {
  const flag = draw.args.find(({ keyword }) => keyword === 'requires_grad');
  if (!flag) return { segment, span: outerSpan(draw), text };
  const before = segment.text.slice(draw.start, flag.start).replace(/,\s*$/, '');
  const after = segment.text.slice(flag.end, draw.end).replace(/^\s*,\s*/, ', ');
  const bare = after.startsWith(', ') && before.endsWith('(') ? after.slice(2) : after;
  return { segment, span: outerSpan(draw), text: `(${before}${bare} / ${operand}**0.5).requires_grad_()` };
}

// ---------------------------------------------------------------- initialisers

/** The weight of a layer that sums over its inputs, as an initialiser is given it. */
function isLayerWeight(model: SemanticModel, segment: Segment, call: CallExpr, given: Expr): boolean {
  const weight = given.kind === 'Attribute' && given.name === 'data' ? given.object : given;
  if (weight.kind !== 'Attribute' || weight.name !== 'weight') return false;
  // The scores of a codebook's entries are drawn wide on purpose.
  const owner = model.enclosingClass(segment, call)?.name ?? '';
  if (/quanti[sz]|gumbel|codebook/i.test(`${owner} ${sourceOf(segment, weight.object)}`)) return false;
  const layer = model.valueOf(segment, weight.object);
  if (layer.kind === 'instance') return LAYERS.test(canonicalName(layer.className));
  if (weight.object.kind !== 'Name') return false;
  const { id } = weight.object;
  // `if isinstance(m, nn.Linear):` or `if classname.find("Linear") != -1:` around it, nearest first.
  const asked = new RegExp(`(isinstance|type)\\(\\s*${id}\\b|${id}\\.__class__|class_?name`, 'i');
  const tested = ancestors(model, segment, call).find(
    (stmt) =>
      stmt.kind === 'If' &&
      stmt.body.start <= call.start &&
      call.end <= stmt.body.end &&
      asked.test(sourceOf(segment, stmt.test)),
  );
  if (tested?.kind !== 'If') return false;
  const test = sourceOf(segment, tested.test);
  return /Linear|Conv/.test(test) && !/Embedding|Norm/.test(test);
}

const LAYERS = /^torch\.nn\.(Linear|Bilinear|Conv[123]d|ConvTranspose[123]d|LazyLinear)$/;

function initialiserReport(model: SemanticModel, segment: Segment, call: CallExpr): Report | undefined {
  const { callee } = call;
  if (callee.kind !== 'Attribute' && callee.kind !== 'Name') return undefined;
  const name = callee.kind === 'Attribute' ? callee.name : callee.id;
  if (!/^(trunc_normal_|normal_|uniform_)$/.test(name)) return undefined;
  const library = model.qualifiedName(segment, callee);
  const isFunction = library !== undefined && /^torch\.nn\.init\./.test(library);
  const weight = isFunction ? call.args[0]?.value : callee.kind === 'Attribute' ? callee.object : undefined;
  if (!weight || (library !== undefined && !isFunction) || !isLayerWeight(model, segment, call, weight))
    return undefined;
  const size = drawnSize(model, segment, call, name, isFunction ? 1 : 0);
  if (size === undefined || size < 1) return undefined;
  const text = oneLine(sourceOf(segment, weight), 40);
  const isUniform = name === 'uniform_';
  const init = isFunction
    ? sourceOf(segment, callee).slice(0, -name.length)
    : (model.nameFor('torch.nn.init') ?? model.nameFor('torch')?.concat('.nn.init'))?.concat('.');
  const inside = weight.kind === 'Attribute' && weight.name === 'data' ? weight.object : weight;
  return {
    segment,
    span: call,
    confidence: 'likely',
    message: isUniform
      ? `\`${text}\` is drawn from -${size} to ${size} however many inputs it sums over, so that the outputs grow with their number. Use an initialisation that divides by its root.`
      : `\`${text}\` is drawn with a standard deviation of ${size} however many inputs it sums over, so that the outputs grow with their number. Use an initialisation that divides by its root.`,
    related: [],
    fixes:
      init === undefined || (isFunction && callee.kind === 'Name')
        ? []
        : [
            {
              title: `Use ${isUniform ? 'xavier_uniform_' : 'xavier_normal_'}`,
              safety: 'unsafe',
              edits: [
                {
                  segment,
                  span: call,
                  text: `${init}${isUniform ? 'xavier_uniform_' : 'xavier_normal_'}(${sourceOf(segment, inside)})`,
                },
              ],
            },
          ],
  };
}

/** The standard deviation of `normal_`, the end of the interval of `uniform_`. */
function drawnSize(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
  name: string,
  from: number,
): number | undefined {
  const number = (keywords: readonly string[], position: number, fallback: number): number | undefined => {
    const positional = call.args.filter(({ keyword }) => keyword === undefined);
    const given =
      call.args.find(({ keyword }) => keywords.includes(keyword ?? ''))?.value ?? positional[position]?.value;
    return given ? literalNumber(model.valueOf(segment, given)) : fallback;
  };
  if (name !== 'uniform_') return number(['std'], from + 1, 1);
  const [lo, hi] = [number(['a', 'from'], from, 0), number(['b', 'to'], from + 1, 1)];
  return lo !== undefined && hi !== undefined && lo === -hi ? hi : undefined;
}

/** `kernel_initializer=keras.initializers.RandomNormal(stddev=1.0)` */
function kerasReport(model: SemanticModel, segment: Segment, call: CallExpr): Report | undefined {
  const value = model.valueOf(segment, call);
  if (value.kind !== 'instance') return undefined;
  const name = canonicalName(value.className);
  if (!/^keras\.initializers\.(RandomNormal|TruncatedNormal|RandomUniform)$/.test(name)) return undefined;
  const parent = model.parentOf(segment, call);
  if (parent?.kind !== 'Call') return undefined;
  const isKernel = parent.args.some(
    (arg) => arg.value === call && /^(kernel|recurrent|depthwise|pointwise)_initializer$/.test(arg.keyword ?? ''),
  );
  if (!isKernel) return undefined;
  const isUniform = name.endsWith('RandomUniform');
  const positional = call.args.filter(({ keyword }) => keyword === undefined);
  const spread = call.args.find(({ keyword }) => keyword === (isUniform ? 'maxval' : 'stddev')) ?? positional[1];
  const size = spread && literalNumber(model.valueOf(segment, spread.value));
  if (!spread || size === undefined || size < 1) return undefined;
  return {
    segment,
    span: call,
    confidence: 'likely',
    message: `\`${oneLine(sourceOf(segment, call), 50)}\` draws weights of about ${size} however many inputs they sum over, so that the outputs grow with their number. Use GlorotNormal, or leave Keras' default.`,
    related: [],
    fixes: [
      {
        title: `Use ${isUniform ? 'GlorotUniform' : 'GlorotNormal'}`,
        safety: 'unsafe',
        edits: [
          {
            segment,
            span: call,
            text: `${sourceOf(segment, call.callee).replace(/\w+$/, isUniform ? 'GlorotUniform' : 'GlorotNormal')}()`,
          },
        ],
      },
    ],
  };
}

// ---------------------------------------------------------------- a divisor that starts at 0

function zeroDivisor(model: SemanticModel, segment: Segment, divisor: Expr): Report | undefined {
  const { origin } = asQuantity(model.valueOf(segment, divisor));
  if (origin?.operation !== 'parameter' || !origin.operand) return undefined;
  const start = model.valueOf(origin.segment, origin.operand);
  if (literalNumber(start) !== 0 || origin.operand.kind !== 'Call') return undefined;
  const { operand } = origin;
  const { callee } = operand;
  const text = sourceOf(origin.segment, callee);
  return {
    segment: origin.segment,
    span: operand,
    confidence: 'proven',
    message: `\`${oneLine(sourceOf(segment, divisor), 40)}\` starts at 0 and is divided by, so that the first outputs are Inf or NaN. Start it at 1.`,
    related: [{ segment, span: divisor, message: 'it is the divisor here' }],
    fixes: /(^|\.)zeros(_like)?$/.test(text)
      ? [
          {
            title: 'Start at 1',
            safety: 'unsafe',
            edits: [{ segment: origin.segment, span: callee, text: text.replace(/zeros(?=(_like)?$)/, 'ones') }],
          },
        ]
      : [],
  };
}
