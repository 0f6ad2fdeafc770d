// A finding with its place in lines and columns, for files that no editor has open: plain data.

import type { Confidence, Severity } from '../analyzer/finding';
import type { Position } from '../text/line-index';

export interface Place {
  readonly start: Position;
  readonly end: Position;
}

export interface PlacedFinding {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  /** In the file; in a notebook's cell, in the cell's text. */
  readonly place: Place;
  /** 1-based place of the cell among all cells of its notebook; undefined in a Python file. */
  readonly cell: number | undefined;
  /** Where that is in the text of the file: in a notebook, in its JSON. */
  readonly placeInFile: Place;
  readonly related: readonly { readonly placeInFile: Place; readonly message: string }[];
  readonly isFixable: boolean;
}
