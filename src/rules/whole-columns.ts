// Whether a range of values is that of a whole column of a data set, which is 0 for no column that anybody keeps.

import type { SemanticModel } from '../semantic/model';
import type { SiteOperand } from '../semantic/operation-site';
import { asQuantity } from '../semantic/value';
import type { Segment } from '../syntax/ast';
import { sourcesOf } from './data-flow';
import { sourceOf } from './rule';

/** `max(ages) - min(ages)` of all records, gathered in a list of the same function: no image, no batch, no feature axis. */
export function isRangeOfWholeColumn(model: SemanticModel, segment: Segment, { expr, value }: SiteOperand): boolean {
  if (asQuantity(value).because.at(-1)?.operation !== 'spread') return false;
  const sources = sourcesOf(model, segment, expr);
  if (sources.some((source) => source.kind === 'Call' && /\b(axis|dim)\s*=/.test(sourceOf(segment, source))))
    return false;
  return sources.some(
    (source) =>
      source.kind === 'Call' &&
      /^(torch|numpy)\.(tensor|as_tensor|array|asarray|FloatTensor)$/.test(
        model.qualifiedName(segment, source.callee) ?? '',
      ) &&
      source.args[0] !== undefined &&
      model.valueOf(segment, source.args[0].value).kind === 'list',
  );
}
