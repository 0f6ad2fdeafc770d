// A finding as programs read it: the public contract of the command line's JSON, version 1. Field order is part of it.

import type { LineIndex } from '../text/line-index';
import type { Span } from '../text/span';
import type { Confidence, Finding, FixSafety, Severity } from './finding';

/** 1-based line, and 1-based column in UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface PlaceRange {
  readonly start: Place;
  readonly end: Place;
}

export interface FixJson {
  readonly title: string;
  readonly safety: FixSafety;
  readonly edits: readonly (PlaceRange & { readonly newText: string })[];
}

export interface FindingJson extends PlaceRange {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly path: string;
  /** 1-based place among all cells of a notebook; null in a Python file. */
  readonly cell: number | null;
  readonly message: string;
  readonly url: string | null;
  readonly related: readonly (PlaceRange & { readonly path: string; readonly message: string })[];
  readonly fixes: readonly FixJson[];
}

export function rangeOf(lines: LineIndex, span: Span): PlaceRange {
  const place = (offset: number): Place => {
    const { line, column } = lines.position(offset);
    return { line: line + 1, column: column + 1 };
  };
  return { start: place(span.start), end: place(span.end) };
}

/** @param at the text in which the finding's spans count, and how it is named */
export function findingToJson(
  finding: Finding,
  at: { readonly path: string; readonly cell: number | null; readonly lines: LineIndex },
  url: string | undefined,
): FindingJson {
  const { path, cell, lines } = at;
  return {
    code: finding.code,
    name: finding.name,
    severity: finding.severity,
    confidence: finding.confidence,
    path,
    cell,
    ...rangeOf(lines, finding.span),
    message: finding.message,
    url: url ?? null,
    related: finding.related.map((reason) => ({ path, ...rangeOf(lines, reason.span), message: reason.message })),
    fixes: finding.fixes.map((fix) => ({
      title: fix.title,
      safety: fix.safety,
      edits: fix.edits.map((edit) => ({ ...rangeOf(lines, edit.span), newText: edit.text })),
    })),
  };
}
