// NAN507: a hand-written Keras loop under mixed_float16 whose loss is not scaled.

import { mentions } from '../semantic/derived';
import type { CallEvent } from '../semantic/training';
import { literalString } from '../semantic/value';
import type { CallExpr, Segment } from '../syntax/ast';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';

export const rule: Rule = {
  code: 'NAN507',
  name: 'keras-half-without-loss-scale',
  severity: 'warning',
  summary: 'A custom training loop under `mixed_float16` that does not scale its loss.',
  needs: ['tensorflow', 'keras', 'tf_keras'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `tape.gradient` in a file that sets the `mixed_float16` policy and neither makes a `LossScaleOptimizer` nor scales the loss.',
    why: '`fit()` wraps the optimizer in a `LossScaleOptimizer` by itself; a loop of your own does not. Gradients below 6e-8 are then 0 in float16, and layers stop learning without a sign.',
    remedy:
      'Wrap the optimizer in `keras.mixed_precision.LossScaleOptimizer` and scale the loss with `optimizer.scale_loss(loss)`, or use `mixed_bfloat16`, which needs neither.',
    bad: `import tensorflow as tf

tf.keras.mixed_precision.set_global_policy("mixed_float16")


def train_step(model, optimizer, loss_fn, x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
`,
    good: `import tensorflow as tf

tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")


def train_step(model, optimizer, loss_fn, x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
`,
  },
  on: { file: checkFile },
};

const MIXED = /mixed_float16/;
const SCALES = /LossScaleOptimizer|get_scaled_loss|scale_loss|get_unscaled_gradients|loss_scale/;

function checkFile(units: readonly TrainingUnit[], context: RuleContext): void {
  const { model } = context;
  if (!mentions(model, MIXED) || mentions(model, SCALES)) return;
  const policy = policyOf(context);
  if (!policy) return;
  const seen = new Set<CallExpr>();
  for (const unit of units) {
    for (const event of unit.graph.of('backward')) {
      if (seen.has(event.node) || !isTape(event)) continue;
      seen.add(event.node);
      const loss = event.subject ? oneLine(sourceOf(event.segment, event.subject)) : 'loss';
      context.report({
        segment: event.segment,
        span: event.node,
        confidence: 'proven',
        message: `\`${loss}\` is computed under mixed_float16 and is not scaled, so small gradients underflow to 0. Scale it with a LossScaleOptimizer, or use mixed_bfloat16.`,
        related: [{ segment: policy.segment, span: policy.call, message: 'float16 is chosen here' }],
        fixes: useBfloat16(policy),
      });
    }
  }
}

function isTape(event: CallEvent): boolean {
  return event.node.callee.kind === 'Attribute' && event.node.callee.name === 'gradient';
}

interface Policy {
  readonly segment: Segment;
  readonly call: CallExpr;
}

function policyOf({ model }: RuleContext): Policy | undefined {
  for (const { segment, callExprs } of model.analyses) {
    for (const call of callExprs) {
      const name = model.qualifiedName(segment, call.callee) ?? '';
      if (!/(set_global_policy|set_policy|set_dtype_policy|Policy|DTypePolicy)$/.test(name)) continue;
      const first = call.args[0];
      if (first && literalString(model.valueOf(segment, first.value)) === 'mixed_float16') return { segment, call };
    }
  }
  return undefined;
}

function useBfloat16({ segment, call }: Policy): LocalFix[] {
  const first = call.args[0]?.value;
  if (first?.kind !== 'String') return [];
  const quote = segment.text[first.start] ?? '"';
  return [
    {
      title: 'Use mixed_bfloat16, which needs no loss scale',
      safety: 'unsafe',
      edits: [{ segment, span: first, text: `${quote}mixed_bfloat16${quote}` }],
    },
  ];
}
