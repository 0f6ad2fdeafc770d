// What a Markdown fixture says: programs, the findings marked in them, and what their fixes must give.

import type { AnalysisConfig, Confidence, FixSafety } from '../../../src/analyzer/finding';
import type { Span } from '../../../src/text/span';

/** One marked finding. Offsets and lines are those of the program without marks and carets. */
export interface Mark {
  readonly code: string;
  /** Zero-based line on which the finding starts. */
  readonly line: number;
  /** The exact span, where carets draw it. */
  readonly span: Span | undefined;
  readonly confidence: Confidence | undefined;
  readonly message: string | undefined;
}

/** One diff block: what some fix of a finding must give. */
export interface ExpectedFix {
  /** Part of the fix's title. */
  readonly title: string | undefined;
  readonly safety: FixSafety | undefined;
  /** One-based number of the finding in the program. */
  readonly finding: number;
  /** The finding offers nothing else. */
  readonly only: boolean;
  readonly hunks: readonly Hunk[];
  /** One-based line of the fence in the Markdown file. */
  readonly line: number;
}

/** Consecutive lines before and after. */
export interface Hunk {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface Fixture {
  readonly file: string;
  /** The rule that the file is about. */
  readonly code: string;
  readonly title: string;
  /** One-based line of the program's fence in the Markdown file. */
  readonly line: number;
  readonly source: string;
  readonly marks: readonly Mark[];
  readonly fixes: readonly ExpectedFix[];
  readonly config: AnalysisConfig;
  readonly noFix: boolean;
  readonly noFixWith: string | undefined;
}

/** "NAN101.md:12 The operand is a softmax › Function of a function". */
export function nameOf(fixture: Fixture): string {
  return `${fixture.file}:${fixture.line} ${fixture.title}`;
}
