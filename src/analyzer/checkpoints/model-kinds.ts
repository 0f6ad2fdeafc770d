// Which expressions are tensors, by what the value model knows, and by syntax where it knows nothing.

import type { SemanticModel } from '../../semantic/model';
import { isUnknown, type Value } from '../../semantic/value';
import type { KindOf, ValueKind } from './options';
import { syntacticKinds } from './tensor-kinds';

/** A judgement for the expressions of the model's own module. */
export function kindsKnownTo(model: SemanticModel): KindOf {
  const bySyntax = syntacticKinds(model.module);
  return (expr) => {
    const value = model.analyses.map((analysis) => analysis.values.get(expr)).find((known) => known !== undefined);
    const known = value === undefined ? 'unknown' : kindOfValue(value);
    if (known === 'tensor') return known;
    // A name may be a number on one path and a tensor on another: only where syntax has no opinion is "none" believed.
    const judged = bySyntax(expr);
    return judged === 'unknown' ? known : judged;
  };
}

function kindOfValue(value: Value): ValueKind {
  switch (value.kind) {
    case 'quantity':
      if (value.holder === 'tensor') return 'tensor';
      return isUnknown(value) || value.holder === undefined ? 'unknown' : 'other';
    case 'sequence':
      return value.elements.some((element) => kindOfValue(element) === 'tensor') ? 'tensor' : 'unknown';
    case 'mapping':
      return [...value.entries.values()].some((entry) => kindOfValue(entry) === 'tensor') ? 'tensor' : 'unknown';
    // A method may be a property of some object after all.
    case 'method':
      return 'unknown';
    default:
      return 'other';
  }
}
