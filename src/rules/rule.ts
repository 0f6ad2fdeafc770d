// What a rule is: its metadata, its page, and what it looks at. One file a rule; the index is generated.

import type { Confidence, FixSafety, Severity } from '../analyzer/finding';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import type { TrainingGraph, Unit } from '../semantic/training';
import type { Evidence } from '../semantic/value';
import type { Segment } from '../syntax/ast';
import type { Span } from '../text/span';

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
  /** Codes of rules that say more of the same hazard: where one reports at the same place, as surely, this one is silent. */
  readonly yieldsTo?: readonly string[];
  readonly docs: RuleDocs;
}

/** An edit in a segment's own offsets, or an import that the file needs and may already have. */
export type LocalEdit =
  | { readonly segment: Segment; readonly span: Span; readonly text: string }
  | { readonly import: string };

export interface LocalFix {
  readonly title: string;
  readonly safety: FixSafety;
  readonly edits: readonly LocalEdit[];
}

/** A finding in a segment's own offsets. */
export interface Report {
  readonly segment: Segment;
  readonly span: Span;
  readonly confidence: Confidence;
  /** Where this one is more, or less, than the rule's. */
  readonly severity?: Severity;
  /** One or two sentences that name the operand and say what to do. */
  readonly message: string;
  readonly related: readonly Evidence[];
  readonly fixes: readonly LocalFix[];
}

export interface RuleContext {
  readonly model: SemanticModel;
  /**
   * Texts of the files that the program names and that stand beside it, by the names it gives them. Only a visitor of
   * the whole file may look at them.
   */
  readonly files: Readonly<Record<string, string>>;
  report(report: Report): void;
}

/** A function with the graph of its training events. */
export interface TrainingUnit extends Unit {
  readonly graph: TrainingGraph;
}

/**
 * What a rule looks at. `operations`, `segment` and `unit` see one segment at a time and may depend only on what the
 * model says of it: their reports are kept until something that the segment depends on changes. `file` runs every time.
 */
export interface RuleVisitors {
  /** Uses of library operations, by the operations' names. */
  readonly operations?: { readonly names: readonly string[]; visit(site: OperationSite, context: RuleContext): void };
  segment?(segment: Segment, context: RuleContext): void;
  unit?(unit: TrainingUnit, context: RuleContext): void;
  file?(units: readonly TrainingUnit[], context: RuleContext): void;
}

export interface Rule extends RuleMetadata {
  readonly on: RuleVisitors;
}

export function sourceOf(segment: Segment, span: Span): string {
  return segment.text.slice(span.start, span.end);
}

/** Source for a message: on one line, cut where it is long. */
export function oneLine(text: string, longest = 60): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest - 3)}…` : line;
}
