// What adding the recorder to a script gives: the edits, the lines in words, and what could not be done.

import type { Edit } from '../../text/edit';

export interface RecorderLine {
  /** 1-based, in the text before the insertion: the loop that is watched, the line that makes the trainer. */
  readonly line: number;
  /** What is written there, without its mark. */
  readonly text: string;
}

export interface RecorderInsertion {
  /** Sorted, disjoint, inside the text. Empty where there is nothing to do. */
  readonly edits: readonly Edit[];
  readonly inserted: readonly RecorderLine[];
  /** What could not be done, or is to be known, in words. */
  readonly problems: readonly string[];
}
