// NAN607: a CTC loss that is infinite for a target too long for its input.

import { canonicalName } from '../semantic/libraries';
import type { CallExpr, Segment } from '../syntax/ast';
import { isCaredFor } from './afterwards';
import { withArgument } from './output-fixes';
import { oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN607',
  name: 'ctc-without-zero-infinity',
  severity: 'hint',
  summary: 'A CTC loss without `zero_infinity=True` is infinite where a target is longer than its input allows.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Hints at `nn.CTCLoss` and `F.ctc_loss` without `zero_infinity=True`, where nothing in the file looks for Inf.',
    why: 'No alignment exists where the input, after all its downsampling, has fewer frames than the target has labels (and repeats): the loss is inf and its gradient NaN, from one short recording in the whole data set.',
    remedy: 'Add `zero_infinity=True`, which leaves such examples out, or filter them before they are batched.',
    bad: `import torch.nn as nn

criterion = nn.CTCLoss(blank=0)


def loss_of(log_probs, targets, input_lengths, target_lengths):
    return criterion(log_probs, targets, input_lengths, target_lengths)
`,
    good: `import torch.nn as nn

criterion = nn.CTCLoss(blank=0, zero_infinity=True)


def loss_of(log_probs, targets, input_lengths, target_lengths):
    return criterion(log_probs, targets, input_lengths, target_lengths)
`,
  },
  on: { file: (_units, context) => checkFile(context) },
};

const MAKES = /CTCLoss|ctc_loss/;
const CTC: Readonly<Record<string, number>> = { 'torch.nn.CTCLoss': 2, 'torch.nn.functional.ctc_loss': 6 };
/** Somebody looks for what is infinite, or has thought of lengths that do not fit. */
const LOOKS =
  /\b(isinf|isfinite|isnan|is_finite|nan_to_num|target_lengths?\s*<=?\s*\w*input_lengths?|input_lengths?\s*>=?\s*\w*target_lengths?)\b/;

function checkFile(context: RuleContext): void {
  const { module } = context.model;
  if (!MAKES.test(module.text) || LOOKS.test(module.text)) return;
  for (const { segment } of module.segments) if (MAKES.test(segment.text)) visit(segment, context);
}

function visit(segment: Segment, context: RuleContext): void {
  const { model } = context;
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    const callee = model.valueOf(segment, call.callee);
    const name = callee.kind === 'library' ? canonicalName(callee.name) : '';
    const position = CTC[name];
    if (position === undefined || !isLeftOut(call, position)) continue;
    if (isCaredFor(model, segment, call)) continue;
    context.report({
      segment,
      span: call,
      confidence: 'likely',
      message: `\`${oneLine(sourceOf(segment, call.callee))}\` is inf, with a NaN gradient, for a target that is longer than its input allows. Add \`zero_infinity=True\`.`,
      related: [],
      fixes: [
        {
          title: 'Add zero_infinity=True',
          safety: 'unsafe',
          edits: [withArgument(segment, call, 'zero_infinity', 'True')],
        },
      ],
    });
  }
}

/** Somebody who passes a setting, or any number of them, has chosen. */
function isLeftOut(call: CallExpr, position: number): boolean {
  if (call.args.some(({ unpack, keyword }) => unpack !== '' || keyword === 'zero_infinity')) return false;
  return call.args.filter(({ keyword }) => keyword === undefined).length <= position;
}
