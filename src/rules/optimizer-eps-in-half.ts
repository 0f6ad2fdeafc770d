// NAN503: an optimizer whose epsilon is 0 in the float16 of the parameters.

import { roundTo } from '../semantic/dtype';
import { halfModels, type MadeOptimizer } from '../semantic/training';
import { literalNumber } from '../semantic/value';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN503',
  name: 'optimizer-eps-in-half',
  severity: 'warning',
  summary: 'An Adam-like optimizer on float16 parameters, with an epsilon that float16 cannot hold.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `Adam`, `AdamW`, `NAdam`, `RAdam`, `Adamax`, `Adagrad` and `RMSprop` with their default `eps` (or a smaller one than 1e-4) on parameters that `.half()` or `torch_dtype=torch.float16` made float16.',
    why: 'The optimizer keeps its state in the type of the parameters. In float16 the default 1e-8 is 0 and the square of a gradient below 2e-4 is 0 too, so the first step divides 0 by 0, or something by 0: weights are NaN or Inf at once.',
    remedy:
      'Keep the parameters in float32 and use autocast, or use bfloat16. Where it must be float16, `eps=1e-4` holds.',
    bad: `import torch


def optimizer_for(model: torch.nn.Module):
    model.half()
    return torch.optim.Adam(model.parameters(), lr=1e-4)
`,
    good: `import torch


def optimizer_for(model: torch.nn.Module):
    return torch.optim.Adam(model.parameters(), lr=1e-4)
`,
  },
  on: { file: checkFile },
};

/** Default epsilons, by class. */
const DEFAULT_EPS: Readonly<Record<string, number>> = {
  Adam: 1e-8,
  AdamW: 1e-8,
  NAdam: 1e-8,
  RAdam: 1e-8,
  Adamax: 1e-8,
  RMSprop: 1e-8,
  Adagrad: 1e-10,
};
/** What holds in float16: facts measured with torch. */
const ENOUGH = 1e-4;

function checkFile(_units: unknown, context: RuleContext): void {
  for (const half of halfModels(context.model)) {
    for (const optimizer of half.optimizers) {
      const eps = epsilonOf(optimizer, context);
      if (eps === undefined || eps >= ENOUGH) continue;
      const { segment, call } = optimizer;
      const given = call.args.find((arg) => arg.keyword === 'eps');
      const shown = given ? oneLine(sourceOf(segment, given.value)) : String(eps);
      const isZero = roundTo(eps, 'float16') === 0;
      context.report({
        segment,
        span: call,
        confidence: isZero ? 'proven' : 'likely',
        message: `The parameters of \`${half.name}\` are float16, in which this optimizer's eps of ${shown} ${isZero ? 'is 0' : 'is too small'}, so its first step can divide by 0. Keep the parameters in float32 under autocast, or use eps=1e-4.`,
        related: [{ segment: half.segment, span: half.cast, message: 'the parameters become float16 here' }],
        fixes: largerEpsilon(optimizer),
      });
    }
  }
}

function epsilonOf({ className, call, segment }: MadeOptimizer, { model }: RuleContext): number | undefined {
  const short = className.slice(className.lastIndexOf('.') + 1);
  const byDefault = Object.hasOwn(DEFAULT_EPS, short) ? DEFAULT_EPS[short] : undefined;
  if (byDefault === undefined || call.args.some((arg) => arg.unpack !== '')) return undefined;
  const given = call.args.find((arg) => arg.keyword === 'eps');
  return given ? literalNumber(model.valueOf(segment, given.value)) : byDefault;
}

function largerEpsilon({ call, segment }: MadeOptimizer): LocalFix[] {
  const title = `Use eps=1e-4 for \`${oneLine(sourceOf(segment, call.callee))}\``;
  const given = call.args.find((arg) => arg.keyword === 'eps');
  if (given) return [{ title, safety: 'unsafe', edits: [{ segment, span: given.value, text: '1e-4' }] }];
  const last = call.args.at(-1);
  if (!last) return [];
  return [
    { title, safety: 'unsafe', edits: [{ segment, span: { start: last.end, end: last.end }, text: ', eps=1e-4' }] },
  ];
}
