// NAN504: a model whose parameters are float16 is trained.

import { type HalfModel, halfModels } from '../semantic/training';
import {
  type LocalEdit,
  type LocalFix,
  oneLine,
  type Rule,
  type RuleContext,
  sourceOf,
  type TrainingUnit,
} from './rule';
import { ancestors } from './statements';

export const rule: Rule = {
  code: 'NAN504',
  name: 'training-in-pure-half',
  severity: 'warning',
  summary: 'A model that was cast to float16 as a whole is trained.',
  needs: ['torch'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds `.half()`, `.to(torch.float16)` and `torch_dtype=torch.float16` on a model whose parameters are then given to an optimizer, or to a `Trainer` that trains.',
    why: 'float16 ends at 65,504 and begins at 6e-8: activations overflow to Inf, gradients underflow to 0, and an update of less than 1/2000 of a weight changes nothing. A GradScaler refuses float16 gradients.',
    remedy:
      'Keep the parameters in float32 and compute under `torch.autocast` with a `GradScaler`, or use bfloat16, which has the range of float32.',
    bad: `import torch


def train_step(model: torch.nn.Module, x, y):
    model.half()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
`,
    good: `import torch


def train_step(model: torch.nn.Module, x, y):
    model.bfloat16()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
`,
  },
  on: { file: checkFile },
};

function checkFile(units: readonly TrainingUnit[], context: RuleContext): void {
  const computesGradients = units.some((unit) => unit.graph.of('backward').length > 0);
  for (const half of halfModels(context.model)) {
    const trained = (computesGradients ? half.optimizers[0] : undefined) ?? trainerOf(half, context);
    if (!trained) continue;
    const { segment, cast } = half;
    const isConditional = ancestors(context.model, segment, cast).some((stmt) => stmt.kind === 'If');
    context.report({
      segment,
      span: cast,
      confidence: isConditional ? 'likely' : 'proven',
      message: `\`${half.name}\` is trained with float16 parameters: activations overflow above 65,504 and small gradients and updates are 0. Keep it in float32 under autocast with a GradScaler, or use bfloat16.`,
      related: [{ segment: trained.segment, span: trained.call, message: 'its parameters are trained here' }],
      fixes: useBfloat16(half, context),
    });
  }
}

/** `Trainer(model=model, …)` of transformers, in the same function, in a file that calls `train`. */
function trainerOf(
  half: HalfModel,
  { model }: RuleContext,
): { segment: HalfModel['segment']; call: HalfModel['cast'] } | undefined {
  const { segment, cast } = half;
  const own = model.enclosingFunction(segment, cast);
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    const name = model.qualifiedName(segment, call.callee);
    if (!name || !/^(transformers|trl)\.(\w+\.)*\w*Trainer$/.test(name)) continue;
    const given =
      call.args.find((arg) => arg.keyword === 'model') ?? call.args.find((arg) => arg.keyword === undefined);
    if (!given || sourceOf(segment, given.value) !== half.name || model.enclosingFunction(segment, call) !== own)
      continue;
    const trains = model.analyses.some((each) =>
      each.callExprs.some(({ callee }) => callee.kind === 'Attribute' && callee.name === 'train'),
    );
    if (trains) return { segment, call };
  }
  return undefined;
}

/** All float16 casts of the function together: a model in bfloat16 takes no float16 inputs. */
function useBfloat16(half: HalfModel, context: RuleContext): LocalFix[] {
  const { model } = context;
  const { segment, cast } = half;
  const scope = model.enclosingFunction(segment, cast);
  const edits: LocalEdit[] = [];
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    if (model.enclosingFunction(segment, call) !== scope) continue;
    if (call.callee.kind === 'Attribute' && call.callee.name === 'half' && call.args.length === 0)
      edits.push({ segment, span: call.callee.nameSpan, text: 'bfloat16' });
    for (const arg of call.args) {
      if (!/^torch\.(float16|half)$/.test(model.qualifiedName(segment, arg.value) ?? '')) continue;
      if (arg.value.kind !== 'Attribute') return [];
      edits.push({ segment, span: arg.value.nameSpan, text: 'bfloat16' });
    }
  }
  if (edits.length === 0) return [];
  const title = `Use bfloat16 for \`${oneLine(half.name)}\`${edits.length > 1 ? ' and what it is given' : ''}`;
  return [{ title, safety: 'unsafe', edits }];
}
