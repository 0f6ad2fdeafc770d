// What a rule is: its metadata, its page, and the nodes it looks at. One file a rule; the index is generated.

import type { Severity } from '../analyzer/finding';

export interface RuleDocs {
  /** Markdown, one or two sentences each. */
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
  /** Python that the rule flags; every finding in it must be this rule's. Analysed by a test. */
  readonly bad: string;
  /** The same, mended; the rule is silent on it. */
  readonly good: string;
}

export interface RuleMetadata {
  /** "NAN101". */
  readonly code: string;
  /** Reads well after "allow": "log-of-possible-zero". */
  readonly name: string;
  readonly severity: Severity;
  /** One line for tables and settings. */
  readonly summary: string;
  /** Top-level modules one of which the file must import for the rule to run at all; undefined: always. */
  readonly needs?: readonly string[];
  readonly fixable: 'safe' | 'unsafe' | 'both' | 'no';
  readonly docs: RuleDocs;
}
