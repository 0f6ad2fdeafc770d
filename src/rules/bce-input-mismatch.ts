// NAN603: a binary cross-entropy is given probabilities where it takes scores, or scores where it takes probabilities.

import type { Activation } from '../semantic/value';
import { LABEL_LOSSES, type LossMeeting, placeOf, visitors } from './loss-inputs';
import { asSigmoid, fixesByScores, fromLogits, leftOut, nameOf, otherLoss, scoresAndLoss } from './output-fixes';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN603',
  name: 'bce-input-mismatch',
  severity: 'warning',
  summary: 'A binary cross-entropy on scores is given probabilities, or one on probabilities is given scores.',
  needs: ['torch', 'tensorflow', 'keras', 'tf_keras', 'keras_core', 'optax'],
  fixable: 'unsafe',
  docs: {
    what: 'Follows the output of a model to its loss: a sigmoid before `BCEWithLogitsLoss` (or its functions in TensorFlow, Keras and Optax), the bare scores of a layer given to `BCELoss`, and softmax over a single unit.',
    why: 'Two sigmoids leave probabilities between 0.5 and 0.73: the loss cannot fall below 0.31 for positives and 0.69 for negatives. Scores outside 0 to 1 make `BCELoss` raise an error (an assertion on the GPU); Keras clips them, and they get no gradient. Softmax over one unit is always 1. These are wrong losses, not NaN.',
    remedy: 'Give the scores to `BCEWithLogitsLoss`, or probabilities to `BCELoss`, never the other way round.',
    bad: `import torch
import torch.nn as nn

criterion = nn.BCEWithLogitsLoss()


def loss_of(model, x, y):
    p = torch.sigmoid(model(x))
    return criterion(p, y)
`,
    good: `import torch
import torch.nn as nn

criterion = nn.BCEWithLogitsLoss()


def loss_of(model, x, y):
    return criterion(model(x), y)
`,
  },
  on: visitors(LABEL_LOSSES, check),
};

function check(meeting: LossMeeting, context: RuleContext): void {
  const { activation, segment, span, output, lossText } = meeting;
  const mismatch = describe(meeting);
  if (!mismatch) return;
  const shown = oneLine(sourceOf(segment, output), 40);
  context.report({
    segment,
    span,
    confidence: mismatch === 'undone' ? 'likely' : 'proven',
    message: messageOf(mismatch, shown, oneLine(lossText, 40), activation),
    related: placeOf(activation),
    fixes: fixes(mismatch, meeting, context),
  });
}

/** single: softmax of one unit. undone: Keras on TensorFlow sees it and undoes it. */
type Mismatch = 'single' | 'probabilities' | 'undone' | 'scores' | 'logarithms';

function describe({ loss, activation }: LossMeeting): Mismatch | undefined {
  const { kind, units } = activation;
  if (kind === 'softmax' && units === 1 && (loss.of === 'labels' || loss.takes === 'probabilities')) return 'single';
  if (loss.of !== 'labels') return undefined;
  const isProbability = kind === 'softmax' || kind === 'sigmoid';
  if (loss.takes === 'logits') return isProbability ? (loss.isSwitched ? 'undone' : 'probabilities') : undefined;
  if (kind === 'linear') return 'scores';
  return isProbability ? undefined : 'logarithms';
}

function messageOf(mismatch: Mismatch, output: string, loss: string, activation: Activation): string {
  const applied = nameOf(activation);
  switch (mismatch) {
    case 'single':
      return `\`${output}\` is softmax of a single unit, which is always 1: nothing can be learned from \`${loss}\`. Use sigmoid.`;
    case 'probabilities':
      return `\`${output}\` has been through ${applied} already, and \`${loss}\` applies sigmoid itself: a wrong loss, for two of them leave only 0.5 to 0.73. Give it the scores.`;
    case 'undone':
      return `\`${output}\` gives probabilities (${applied}), and \`${loss}\` is told to expect scores: TensorFlow's backend notices and warns, on the others the loss is wrong. Leave out \`from_logits=True\`.`;
    case 'scores':
      return `\`${output}\` gives scores (no activation follows the last layer), and \`${loss}\` expects probabilities from 0 to 1. Use the loss on logits.`;
    case 'logarithms':
      return `\`${output}\` gives logarithms (${applied}), and \`${loss}\` expects probabilities from 0 to 1. Give it probabilities, or scores to the loss on logits.`;
  }
}

const ON_LOGITS: Readonly<Record<string, string>> = {
  BCELoss: 'BCEWithLogitsLoss',
  binary_cross_entropy: 'binary_cross_entropy_with_logits',
};

function fixes(mismatch: Mismatch, meeting: LossMeeting, { model }: RuleContext): LocalFix[] {
  const { site, output, activation } = meeting;
  const isKeras = meeting.loss.isSwitched;
  const some = (...all: readonly (LocalFix | undefined)[]): LocalFix[] => all.filter((fix) => fix !== undefined);
  switch (mismatch) {
    case 'single':
      return some(asSigmoid(activation, model));
    case 'logarithms':
      return some(
        site && activation.kind === 'log-sigmoid' ? scoresAndLoss(site, activation, ON_LOGITS, model) : undefined,
      );
    case 'probabilities':
      return site ? fixesByScores(site, { expr: output, activation }, model) : [];
    case 'undone':
      return some(fromLogits(meeting, false, model), leftOut(activation, model));
    case 'scores': {
      const fix = isKeras ? fromLogits(meeting, true, model) : site && otherLoss(site, ON_LOGITS, model);
      return fix ? [fix] : [];
    }
  }
}
