// The rules as the extension knows them; their pages are written once.

import { allRules } from '../analyzer/analyzer';
import type { RuleInfo } from '../analyzer/finding';

let known: readonly RuleInfo[] | undefined;

/** Every rule, by code. */
export function ruleCatalogue(): readonly RuleInfo[] {
  known ??= allRules();
  return known;
}
