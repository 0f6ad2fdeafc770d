// A check before each loss: whether labels and scores fit each other in dtype, shape and range, and are finite.

import type { SemanticModel } from '../../semantic/model';
import type { OperationSite } from '../../semantic/operation-site';
import { literalNumber } from '../../semantic/value';
import { ScriptEdits } from './script-edits';
import { HELPERS, type StepEdits } from './step';

/** What a loss wants: class ids, labels from 0 to 1, or numbers. */
const KINDS: Readonly<Record<string, 'classes' | 'labels' | 'numbers'>> = {
  cross_entropy: 'classes',
  nll: 'classes',
  binary_cross_entropy: 'labels',
  sigmoid_cross_entropy: 'labels',
  nonnegative_loss: 'numbers',
};
const IGNORED = -100;

export function checkLabels(model: SemanticModel): StepEdits {
  const script = new ScriptEdits(model, 'labels');
  const seen = new Set<unknown>();
  for (const { segment, sites } of model.analyses) {
    for (const site of sites) {
      const kind = KINDS[site.operation];
      if (!kind || site.framework !== 'torch' || site.node.kind !== 'Call' || seen.has(site.node)) continue;
      seen.add(site.node);
      const [scores, target] = site.node.args;
      const arePlain = [scores, target].every((arg) => arg && arg.keyword === undefined && arg.unpack === '');
      if (!scores || !target || !arePlain) {
        script.problem(
          segment,
          site.node.start,
          'the loss is given its scores and labels by keyword: check them before this line',
        );
        continue;
      }
      const span = { start: scores.start, end: target.end };
      script.surround(segment, span, `*${HELPERS.labels}("${kind}", ${ignoredBy(site)}, `, ')');
    }
  }
  if (script.isEmpty && script.problems.length === 0) script.problems.push(reasonForNothing(model));
  return script.finish();
}

function reasonForNothing({ packages }: SemanticModel): string {
  if (packages.has('transformers'))
    return 'the model computes its loss itself, inside the library: before trainer.train() compare the labels of one batch, next(iter(trainer.get_train_dataloader()))["labels"], with model.config.num_labels; -100 is ignored';
  if (packages.has('keras') || packages.has('tensorflow'))
    return 'Keras computes the loss inside fit(): compare y.min(), y.max() and y.dtype with the units of the last layer before it';
  return 'no loss of PyTorch is called in this file';
}

function ignoredBy(site: OperationSite): number {
  const { callee } = site;
  const made =
    callee?.kind === 'instance' ? callee.args.find(({ keyword }) => keyword === 'ignore_index')?.value : undefined;
  const ignored = literalNumber(site.operands.get('ignore_index')?.value ?? made);
  return ignored !== undefined && Number.isInteger(ignored) ? ignored : IGNORED;
}
