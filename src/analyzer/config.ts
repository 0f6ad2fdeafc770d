// Which rules run, how severe they are, and which findings are sure enough to be shown.

import type { AnalysisConfig, Confidence, Finding, Severity } from './finding';

/** The part of a rule's metadata that decides whether it runs. */
export interface RuleIdentity {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
}

const CONFIDENCE_RANK: Readonly<Record<Confidence, number>> = { possible: 0, likely: 1, proven: 2 };

/** Selects every rule; may stand wherever a code may. */
const SELECT_ALL = 'all';

/** A selector that names one rule wins over every prefix. */
const EXACT = Number.MAX_SAFE_INTEGER;

/**
 * How closely `selector` (a code, a code prefix such as "NAN1", a rule name or "ALL"; case does not matter) names the
 * rule: `undefined` if it does not, else a number that grows with the length of the prefix.
 */
function specificity(selector: string, rule: RuleIdentity): number | undefined {
  const wanted = selector.trim().toLowerCase();
  const code = rule.code.toLowerCase();
  if (wanted === '') return undefined;
  if (wanted === code || wanted === rule.name.toLowerCase()) return EXACT;
  if (wanted === SELECT_ALL) return 0;
  return isCodePrefix(wanted) && code.startsWith(wanted) ? wanted.length : undefined;
}

/** "N" or "NANCY" select nothing: a prefix is letters, then perhaps digits, as in "NAN" or "NAN1". */
function isCodePrefix(selector: string): boolean {
  return /^nan\d*$/.test(selector);
}

function closest(selectors: readonly string[], rule: RuleIdentity): number | undefined {
  let best: number | undefined;
  for (const selector of selectors) {
    const value = specificity(selector, rule);
    if (value !== undefined && (best === undefined || value > best)) best = value;
  }
  return best;
}

/** Whether the selector (code, prefix, name or "ALL") names this rule. */
export function selectorMatches(selector: string, rule: RuleIdentity): boolean {
  return specificity(selector, rule) !== undefined;
}

/** The selectors that name none of `rules`: misspelt, or of another version. */
export function unknownSelectors(selectors: readonly string[], rules: readonly RuleIdentity[]): string[] {
  return selectors.filter((selector) => !rules.some((rule) => selectorMatches(selector, rule)));
}

function severityOverride(rule: RuleIdentity, config: AnalysisConfig): Severity | 'off' | undefined {
  let override: Severity | 'off' | undefined;
  let best = -1;
  for (const [selector, severity] of Object.entries(config.severity)) {
    const value = specificity(selector, rule);
    if (value !== undefined && value > best) {
      best = value;
      override = severity;
    }
  }
  return override;
}

/**
 * Whether the rule runs. Of `select` and `ignore` the closer selector wins ("NAN101" over "NAN1" over "ALL"), and at
 * equal closeness `ignore` does. A severity of "off" always switches it off.
 */
export function isEnabled(rule: RuleIdentity, config: AnalysisConfig): boolean {
  if (severityOverride(rule, config) === 'off') return false;
  const selected = config.select.length === 0 ? 0 : closest(config.select, rule);
  if (selected === undefined) return false;
  const ignored = closest(config.ignore, rule);
  return ignored === undefined || ignored < selected;
}

/** The severity with which the rule's findings are reported: the closest override, else the finding's own. */
export function severityOf(rule: RuleIdentity, config: AnalysisConfig): Severity {
  const override = severityOverride(rule, config);
  return override === undefined || override === 'off' ? rule.severity : override;
}

/** Whether a finding is at least as sure as the configuration asks. */
export function isSureEnough(confidence: Confidence, config: AnalysisConfig): boolean {
  return CONFIDENCE_RANK[confidence] >= CONFIDENCE_RANK[config.minConfidence];
}

/** Drops the findings that `config` does not want and gives the others their configured severity. */
export function configureFindings(findings: readonly Finding[], config: AnalysisConfig): Finding[] {
  return findings
    .filter((finding) => isEnabled(finding, config) && isSureEnough(finding.confidence, config))
    .map((finding) => ({ ...finding, severity: severityOf(finding, config) }));
}
