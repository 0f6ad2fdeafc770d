// NAN602: a cross-entropy over classes that takes scores is given probabilities, or the other way round.

import { CLASS_LOSSES, type LossMeeting, lowestLoss, placeOf, visitors } from './loss-inputs';
import { fixesByScores, fromLogits, leftOut, nameOf } from './output-fixes';
import type { Report, Rule, RuleContext } from './rule';
import { type LocalFix, oneLine, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN602',
  name: 'cross-entropy-on-probabilities',
  severity: 'warning',
  summary:
    'A cross-entropy that applies softmax itself is given probabilities, or one on probabilities is given scores.',
  needs: ['torch', 'tensorflow', 'keras', 'tf_keras', 'keras_core', 'optax'],
  fixable: 'unsafe',
  docs: {
    what: 'Follows the output of a model to its loss: a softmax or sigmoid (a function, a layer, the last layer of a model of this file) before `CrossEntropyLoss`, `F.cross_entropy`, Optax and `*_with_logits`, and Keras losses whose `from_logits` says the opposite of what the last layer gives.',
    why: 'The loss takes a second softmax of numbers between 0 and 1: it cannot come near 0 (not below 1.46 for ten classes) and its gradients are small, so that training is slow and stops early. Scores without `from_logits=True` are taken for probabilities and clipped, and most of them get no gradient. This is a wrong loss, not a NaN. `log_softmax` before a cross-entropy changes nothing and is left alone. On the TensorFlow backend Keras notices a softmax under `from_logits=True`, warns and undoes it; on the others it does not.',
    remedy:
      'Give the loss the scores and leave softmax to it; in Keras let `from_logits` say what the last layer gives.',
    bad: `import torch.nn as nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(x).softmax(dim=1)


model = Classifier()
criterion = nn.CrossEntropyLoss()


def loss_of(x, y):
    return criterion(model(x), y)
`,
    good: `import torch.nn as nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(x)


model = Classifier()
criterion = nn.CrossEntropyLoss()


def loss_of(x, y):
    return criterion(model(x), y)
`,
  },
  on: visitors(CLASS_LOSSES, check),
};

function check(meeting: LossMeeting, context: RuleContext): void {
  const { loss, activation } = meeting;
  if (loss.of !== 'classes') return;
  const isProbability = activation.kind === 'softmax' || activation.kind === 'sigmoid';
  if (loss.takes === 'logits') {
    if (isProbability) context.report(onProbabilities(meeting, context));
  } else if (!isProbability) context.report(onScores(meeting, context));
}

function onProbabilities(meeting: LossMeeting, context: RuleContext): Report {
  const { activation, loss, output, segment, span, site, lossText } = meeting;
  const shown = oneLine(sourceOf(segment, output), 40);
  const isKeras = loss.isSwitched;
  const floor = activation.kind === 'softmax' ? lowestLoss(activation.units) : undefined;
  const limit =
    floor === undefined ? 'it stays far above 0 and its gradients are small' : `it cannot fall below ${floor}`;
  const message = isKeras
    ? `\`${shown}\` gives probabilities (${nameOf(activation)}), and \`${oneLine(lossText, 40)}\` is told to expect scores: TensorFlow's backend notices and warns, on the others the loss is wrong. Leave out \`from_logits=True\`.`
    : `\`${shown}\` has been through ${nameOf(activation)} already, and \`${oneLine(lossText, 40)}\` applies softmax itself: a wrong loss, for ${limit}. Give it the scores.`;
  return {
    segment,
    span,
    confidence: isKeras ? 'likely' : 'proven',
    message,
    related: placeOf(activation),
    fixes:
      site && !isKeras
        ? fixesByScores(site, { expr: output, activation }, context.model)
        : kerasFixes(meeting, false, context),
  };
}

function onScores(meeting: LossMeeting, context: RuleContext): Report {
  const { activation, output, segment, span, lossText } = meeting;
  const what =
    activation.kind === 'linear'
      ? 'scores (no activation follows the last layer)'
      : `logarithms (${nameOf(activation)})`;
  return {
    segment,
    span,
    confidence: 'proven',
    message: `\`${oneLine(sourceOf(segment, output), 40)}\` gives ${what}, and \`${oneLine(lossText, 40)}\` takes them for probabilities: a wrong loss. Use \`from_logits=True\`.`,
    related: placeOf(activation),
    fixes: kerasFixes(meeting, true, context),
  };
}

function kerasFixes(meeting: LossMeeting, wanted: boolean, { model }: RuleContext): LocalFix[] {
  const { activation } = meeting;
  const said = fromLogits(meeting, wanted, model);
  const without = wanted ? undefined : leftOut(activation, model);
  return [said, without].filter((fix) => fix !== undefined);
}
