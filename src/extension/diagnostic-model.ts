// How a finding is told as a diagnostic, as plain data: no editor needed to check it.

import type { Confidence, Finding, Severity } from '../analyzer/finding';
import type { Span } from '../text/span';

export const SOURCE = 'NaN Lens';
/** Scheme of the read-only pages about rules. */
export const RULE_PAGE_SCHEME = 'nanlens-rule';

/** VS Code shows no more on one file; the rest would be dropped without a word, the worst among them perhaps. */
export const MAX_DIAGNOSTICS = 1000;

export interface DiagnosticModel {
  readonly span: Span;
  readonly message: string;
  readonly severity: Severity;
  readonly code: string;
  readonly related: readonly { readonly span: Span; readonly message: string }[];
}

const SEVERITY_ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, information: 2, hint: 3 };

const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  proven: 'proven',
  likely: 'likely',
  possible: 'possible, not proven',
};

export function confidenceSentence(confidence: Confidence): string {
  return `Confidence: ${CONFIDENCE_WORDS[confidence]}.`;
}

export function diagnosticModel(finding: Finding): DiagnosticModel {
  return {
    span: finding.span,
    message: `${finding.message} ${confidenceSentence(finding.confidence)}`,
    severity: finding.severity,
    code: finding.code,
    related: finding.related,
  };
}

/** Where there are too many for VS Code, the least severe ones are left out. */
export function worstOf<T extends { readonly severity: Severity }>(all: readonly T[]): readonly T[] {
  if (all.length <= MAX_DIAGNOSTICS) return all;
  return [...all].sort((a, b) => SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity]).slice(0, MAX_DIAGNOSTICS);
}

/** In order of place, and no more than VS Code shows. */
export function diagnosticModels(findings: readonly Finding[]): DiagnosticModel[] {
  return [...worstOf(findings.map(diagnosticModel))].sort((a, b) => a.span.start - b.span.start);
}

/** The rule that a diagnostic's code names, whether it stands alone or beside a link. */
export function codeOf(code: string | number | { readonly value: string | number } | undefined): string {
  return String(typeof code === 'object' ? code.value : (code ?? ''));
}

/** Path of a rule's page below the scheme's root: also its title in the editor. */
export function rulePagePath(code: string): string {
  return `/${code}.md`;
}

/** The code that a page's path is about; undefined for any other path. */
export function codeOfRulePage(path: string): string | undefined {
  return /^\/(\w+)\.md$/.exec(path)?.[1];
}
