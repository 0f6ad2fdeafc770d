// What the analyser says, as plain data: the only types that the faces see.

import type { Edit } from '../text/edit';
import type { Span } from '../text/span';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** proven: the value model shows it. likely: real data takes the operand there. possible: nothing is known of it. */
export type Confidence = 'proven' | 'likely' | 'possible';

/** safe: the numbers stay the same. unsafe: the fix changes numerics or behaviour and is never applied on save. */
export type FixSafety = 'safe' | 'unsafe';

export interface Fix {
  readonly title: string;
  readonly safety: FixSafety;
  /** Sorted, disjoint, inside the file. */
  readonly edits: readonly Edit[];
}

/** A span that is evidence for a finding ("softmax is applied here"). */
export interface Reason {
  readonly span: Span;
  readonly message: string;
}

export interface Finding {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly span: Span;
  readonly message: string;
  readonly related: readonly Reason[];
  readonly fixes: readonly Fix[];
  /** The statement that is flagged, however it is wrapped: what a baseline knows the finding by. */
  readonly flagged?: string;
}

/** So many findings of a rule on equal statements of one file, which were there before. */
export interface BaselineEntry {
  readonly code: string;
  readonly text: string;
  readonly count: number;
}

/** Something that kept us from a full answer, in words. */
export interface Problem {
  readonly message: string;
  readonly span?: Span;
}

export interface AnalysisResult {
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
}

export interface AnalysisConfig {
  /** Rule codes, code prefixes ("NAN1") or names that run; empty means all that are on by default. */
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  readonly minConfidence: Confidence;
  /** Severity overrides by code or name; 'off' switches the rule off. */
  readonly severity: Readonly<Record<string, Severity | 'off'>>;
  /** Findings of this file that are known and not reported. */
  readonly baseline?: readonly BaselineEntry[];
  /** Texts of the files that the program names and that stand beside it, by the names it gives them. */
  readonly files?: Readonly<Record<string, string>>;
}

export const DEFAULT_CONFIG: AnalysisConfig = { select: [], ignore: [], minConfidence: 'likely', severity: {} };

/** Metadata of a rule, for docs, settings, SARIF and the code link. */
export interface RuleInfo {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  readonly summary: string;
  /** Whole Markdown page. */
  readonly page: string;
  readonly url: string;
}
