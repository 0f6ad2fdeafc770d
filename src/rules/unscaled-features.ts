// NAN701: a model is fed numbers of very different or very large size, and nothing scales them.

import { derived } from '../semantic/derived';
import { layersOf } from '../semantic/layers';
import { canonicalName } from '../semantic/libraries';
import type { SegmentAnalysis, SemanticModel } from '../semantic/model';
import { type Scale, type Scales, scalesOf } from '../semantic/scales';
import { mayTrain } from '../semantic/training';
import { asQuantity, type Instance, type Value } from '../semantic/value';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { oneLine, type Report, type Rule, type RuleContext, sourceOf } from './rule';
import { type Feeding, scalingFixes } from './scaling-fixes';
import { dividedLabels, unusedCopy } from './scaling-slips';

export const rule: Rule = {
  code: 'NAN701',
  name: 'unscaled-features',
  severity: 'warning',
  summary: 'Features of very different or very large size are given to a model, and nothing scales them.',
  needs: ['torch', 'tensorflow', 'keras', 'tf_keras', 'sklearn'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds features that the file shows to be of very different or very large size (written down, drawn from a wide range, loaded as they were measured, raw pixels) and that reach `fit` or a linear layer with no scaler and no normalisation. Also a scaled copy that is made and never used, and class ids that are divided by 255 with the images.',
    why: 'The gradient of a weight is as large as its feature, squared in the loss: where one column is 100,000 times the other, every step overshoots, and after a few epochs the loss is Inf, then NaN. With smaller ratios the model only learns badly.',
    remedy: 'Standardise the features, divide pixels by 255, or put a `Normalization` layer first.',
    bad: `import keras
import numpy as np

X = np.array([[1, 100_000], [2, 250_000], [3, 300_000], [5, 420_000]])
y = np.array([110.0, 250.0, 320.0, 450.0])

model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
model.fit(X, y, epochs=20)
`,
    good: `import keras
import numpy as np

X = np.array([[1, 100_000], [2, 250_000], [3, 300_000], [5, 420_000]])
y = np.array([110.0, 250.0, 320.0, 450.0])

normalize = keras.layers.Normalization()
normalize.adapt(X)
model = keras.Sequential([keras.Input(shape=(2,)), normalize, keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
model.fit(X, y, epochs=20)
`,
  },
  on: { file: checkFile },
};

function checkFile(_: unknown, context: RuleContext): void {
  const { model } = context;
  const fed = model.analyses
    .flatMap((analysis) =>
      derived(analysis, feedingOf, () =>
        analysis.callExprs.flatMap((call) => feedingOf(model, analysis.segment, call) ?? []),
      ),
    )
    .filter(({ isFit }) => isFit || mayTrain(model));
  if (fed.length === 0) return;
  const told = new Set<unknown>();
  const isScaledSomewhere = fed.some((each) => each.scales) && hasScaler(model);
  for (const feeding of fed) {
    const slip = feeding.isFit ? (unusedCopy(model, feeding) ?? dividedLabels(model, feeding)) : undefined;
    if (slip) context.report(slip);
    const { scales } = feeding;
    if (!scales || slip || isScaledSomewhere || told.has(scales.because.span.start)) continue;
    const size = sizeOf(scales);
    if (!size) continue;
    // Of one set of data one place is enough.
    told.add(scales.because.span.start);
    context.report(reportOf(model, feeding, scales, size));
  }
}

// ---------------------------------------------------------------- where a model is fed

/** Features that a call gives to a model that learns: `model.fit(X, y)`, `net(X)`, `TensorDataset(X, y)`. */
function feedingOf(model: SemanticModel, segment: Segment, call: CallExpr): Feeding | undefined {
  const first = call.args[0];
  const isFit = call.callee.kind === 'Attribute' && call.callee.name === 'fit';
  const given = isFit ? (call.args.find(({ keyword }) => keyword === 'x' || keyword === 'X') ?? first) : first;
  if (given?.unpack !== '' || (given.keyword !== undefined && given.keyword.toLowerCase() !== 'x')) return undefined;
  const place = { segment, span: { start: given.value.start, end: given.value.end } };
  if (isFit && call.callee.kind === 'Attribute') {
    const learner = model.valueOf(segment, call.callee.object);
    if (!isLearner(learner)) return undefined;
    return {
      call,
      segment,
      features: given.value,
      isFit,
      learner,
      scales: scalesOf(model.valueOf(segment, given.value), place),
    };
  }
  const callee = model.valueOf(segment, call.callee);
  const isNetwork = takesFeatures(model, callee) || isDataset(callee);
  if (!isNetwork) return undefined;
  const value = asQuantity(model.valueOf(segment, given.value));
  // Whole numbers in torch are ids of tokens: a linear layer refuses them.
  if (!value.scales || (value.framework === 'torch' && value.dtype === 'integer')) return undefined;
  // Inside a module it is the caller's data.
  if (model.enclosingClass(segment, call)) return undefined;
  return { call, segment, features: given.value, isFit, learner: callee, scales: value.scales };
}

const LEARNERS =
  /^(keras\.(Sequential|Model|models\.(Sequential|Model))|sklearn\.(neural_network\.MLP\w+|linear_model\.(SGD\w+|Perceptron|PassiveAggressive\w+)))$/;

function isLearner(value: Value): value is Instance {
  return value.kind === 'instance' && LEARNERS.test(canonicalName(value.className));
}

function isDataset(value: Value): boolean {
  return value.kind === 'library' && canonicalName(value.name) === 'torch.utils.data.TensorDataset';
}

/** A linear layer, layers that begin with one, or a module of the file that has some. */
function takesFeatures(model: SemanticModel, value: Value): boolean {
  if (value.kind === 'instance') {
    const name = canonicalName(value.className);
    if (name === 'torch.nn.Linear') return true;
    if (name !== 'torch.nn.Sequential') return false;
    const first = layersOf(value).find((layer) => !(layer?.kind === 'instance' && /\.Flatten$/.test(layer.className)));
    return first !== undefined && takesFeatures(model, first);
  }
  if (value.kind !== 'object') return false;
  const { type } = value;
  const text = sourceOf(type.segment, type.node);
  return /\bLinear\(/.test(text) && !SCALES_INSIDE.test(text) && model.libraryBases(type).some(isModule);
}

/** A module that looks after its input itself, or that takes no features. */
const SCALES_INSIDE = /255|norm|scale|standard|Embedding|\.mean\(|\.std\(|\blog1p?\(/i;

function isModule(name: string): boolean {
  return canonicalName(name) === 'torch.nn.Module';
}

// ---------------------------------------------------------------- what scales

const SCALERS =
  /(Normalization\w*|BatchNorm\w*|LayerNorm\w*|GroupNorm|InstanceNorm\w*|RMSNorm|Rescaling|Lambda|Embedding\w*|TextVectorization|\w*Lookup|Hashing|CategoryEncoding|Discretization|Normalizer|(Standard|MinMax|MaxAbs|Robust)Scaler|(Quantile|Power|Column)Transformer|preprocess_input|normalize|scale|minmax_scale|zscore|ImageDataGenerator|Compose)$/;

/** Whether anything in the file could bring the features to a common size before a model sees them. */
function hasScaler(model: SemanticModel): boolean {
  if ([...model.packages].some((name) => /^(torchvision|albumentations|transformers)$/.test(name))) return true;
  return model.analyses.some((analysis) => derived(analysis, hasScaler, () => scales(model, analysis)));
}

function scales(model: SemanticModel, { segment, callExprs }: SegmentAnalysis): boolean {
  return callExprs.some((call) => {
    const callee = model.valueOf(segment, call.callee);
    const name = callee.kind === 'library' ? canonicalName(callee.name) : lastName(call.callee);
    return (SCALERS.test(name) && !/GradScaler$/.test(name)) || /^keras\.applications\./.test(name);
  });
}

function lastName(expr: Expr): string {
  return expr.kind === 'Name' ? expr.id : expr.kind === 'Attribute' ? expr.name : '';
}

// ---------------------------------------------------------------- how large is too large

interface Size {
  readonly kind: 'pixels' | 'mixed' | 'large';
  readonly smallest: number;
  readonly largest: number;
}

function sizeOf({ columns, isPixels, isTransposed }: Scales): Size | undefined {
  if (isTransposed) return undefined;
  const sizes = columns.map(magnitude);
  const largest = Math.max(...sizes);
  const smallest = Math.min(...sizes.filter((size) => size > 0));
  if (isPixels) return { kind: 'pixels', smallest, largest };
  if (largest >= 100 && largest >= 100 * smallest) return { kind: 'mixed', smallest, largest };
  return largest >= 1000 ? { kind: 'large', smallest, largest } : undefined;
}

function magnitude({ lo, hi }: Scale): number {
  return Math.max(Math.abs(lo), Math.abs(hi));
}

function reportOf(model: SemanticModel, feeding: Feeding, scales: Scales, size: Size): Report {
  const { segment, features } = feeding;
  const text = oneLine(sourceOf(segment, features), 40);
  const what =
    size.kind === 'pixels'
      ? `\`${text}\` holds raw pixels from 0 to 255, and nothing scales them. Divide them by 255.`
      : size.kind === 'mixed'
        ? `\`${text}\` mixes a feature of about ${shown(size.smallest)} with one of about ${shown(size.largest)}, and nothing scales them: the large one makes the gradients explode. Standardise the features first.`
        : `\`${text}\` holds numbers of about ${shown(size.largest)}, and nothing scales them: the gradients grow with them and explode. Standardise the features first.`;
  return {
    segment,
    span: features,
    confidence: 'likely',
    message: what,
    related: [scales.because],
    fixes: scalingFixes(model, feeding, scales),
  };
}

/** 499999.7 is 500,000 to a reader. */
function shown(size: number): string {
  if (size < 1) return String(Number(size.toPrecision(1)));
  return String(Math.round(Number(size.toPrecision(2)))).replace(/\B(?=(\d{3})+$)/g, ',');
}
