// The test that stops a run at the first loss that is not finite, as fixes write it.

import type { SemanticModel } from '../semantic/model';
import { indentUnit } from './lines';

/** Two whole lines; `torch` is the name under which the file knows it. */
export function finiteTest(
  model: SemanticModel,
  torch: string,
  loss: string,
  indentation: string,
  newline: string,
): string {
  const step = indentUnit(model.module.text);
  return `${indentation}if not ${torch}.isfinite(${loss}).all():${newline}${indentation}${step}raise FloatingPointError(f"${loss} is {${loss}.detach()}")${newline}`;
}
