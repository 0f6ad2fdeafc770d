// What later stages derive from the analysis of one segment, worked out once and kept as long as the analysis.

import type { SegmentAnalysis, SemanticModel } from './model';

/**
 * What `derive` gives, the first time; what it gave, ever after.
 *
 * @param key tells what is derived: a function or a pattern, always the same object
 * @param derive may look at this analysis alone: of the rest of the file others may be true next time
 */
export function derived<T>(analysis: SegmentAnalysis, key: unknown, derive: () => T): T {
  if (analysis.derived.has(key)) return analysis.derived.get(key) as T;
  const value = derive();
  analysis.derived.set(key, value);
  return value;
}

/** Whether the pattern matches in the segment's text. It must have neither the flag `g` nor `y`, and be made once. */
export function mentionedIn(analysis: SegmentAnalysis, pattern: RegExp): boolean {
  return derived(analysis, pattern, () => pattern.test(analysis.segment.text));
}

/** Whether the pattern matches anywhere in the file. It must have neither the flag `g` nor `y`, and be made once. */
export function mentions(model: SemanticModel, pattern: RegExp): boolean {
  return model.analyses.some((analysis) => mentionedIn(analysis, pattern));
}
