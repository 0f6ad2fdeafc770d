// The steps by which people look for a NaN that can be tried on a script, and what trying one gives.

import type { Edit } from '../../text/edit';

export const DEBUG_STEPS = ['oneBatch', 'labels', 'learningRate', 'fullPrecision'] as const;
export type DebugStep = (typeof DEBUG_STEPS)[number];

export interface ChangedPlace {
  /** 1-based, in the text before the edits. */
  readonly line: number;
  /** What the source says there now. */
  readonly text: string;
}

export interface StepEdits {
  /** Sorted, disjoint, inside the text. Empty where there is nothing to do. */
  readonly edits: readonly Edit[];
  readonly changed: readonly ChangedPlace[];
  /** What could not be done, and what to write by hand, in words. */
  readonly problems: readonly string[];
}

/** The helper function of a step: by its name its calls are found again. */
export const HELPERS: Readonly<Record<DebugStep, string>> = {
  oneBatch: '_nanlens_one_batch',
  labels: '_nanlens_labels',
  learningRate: '_nanlens_lower_rate',
  fullPrecision: '_nanlens_full_precision',
};

/** Ends each line of a helper function. */
export const MARKS: Readonly<Record<DebugStep, string>> = {
  oneBatch: '# nanlens: one batch',
  labels: '# nanlens: labels',
  learningRate: '# nanlens: learning rate',
  fullPrecision: '# nanlens: full precision',
};

export function hasStep(text: string, step: DebugStep): boolean {
  return text.includes(MARKS[step]) || text.includes(`${HELPERS[step]}(`);
}
