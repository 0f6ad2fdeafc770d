// What every output format is given: one report a file, with positions that people and programs count from one.

import type { AnalysisResult, Finding, RuleInfo } from '../analyzer/finding';
import { type FindingJson, findingToJson, type PlaceRange, rangeOf } from '../analyzer/finding-json';
import type { SourceFile } from '../project/source-file';
import { LineIndex } from '../text/line-index';
import type { Span } from '../text/span';
import type { Failure } from './discovery';

/** A Python file, or one code cell of a notebook, with what was found in it. */
export interface CheckedText {
  readonly lines: LineIndex;
  /** 1-based place among all cells of the notebook; null for a Python file. */
  readonly cell: number | null;
  readonly result: AnalysisResult;
  /** Where a span of the text stands in the file itself; for notebooks, in its JSON. */
  inFile(span: Span): PlaceRange;
}

export interface FileReport {
  /** As it is shown. */
  readonly path: string;
  readonly texts: readonly CheckedText[];
}

export interface Summary {
  readonly checked: number;
  readonly skipped: number;
  readonly failed: readonly Failure[];
  /** Number of fixes that were applied. */
  readonly fixed: number;
  /** Number of files that fixes changed. */
  readonly changedFiles: number;
}

/** An output format. `file` is called in path order, `end` once. */
export interface Reporter {
  file(report: FileReport): void;
  end(summary: Summary): void;
}

/** Rules by code, for names, addresses and pages. */
export type RuleBook = ReadonlyMap<string, RuleInfo>;

/** Findings in the order in which a reader meets them. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => a.span.start - b.span.start || a.span.end - b.span.end || (a.code < b.code ? -1 : 1),
  );
}

/** The findings of a file in the form that programs read. */
export function findingsToJson({ path, texts }: FileReport, rules: RuleBook): FindingJson[] {
  return texts.flatMap(({ lines, cell, result }) =>
    inOrder(result.findings).map((finding) =>
      findingToJson(finding, { path, cell, lines }, rules.get(finding.code)?.url),
    ),
  );
}

/** The report of a file whose program has the given texts (as read, or as fixed) and results. */
export function reportOf(
  path: string,
  source: SourceFile,
  texts: readonly string[],
  results: readonly AnalysisResult[],
): FileReport {
  const { notebook } = source;
  let fileLines: LineIndex | undefined;
  const checked = texts.flatMap((text, i): CheckedText[] => {
    const result = results[i];
    if (result === undefined) return [];
    const lines = new LineIndex(text);
    const cell = notebook?.cells[i];
    if (cell === undefined) return [{ lines, cell: null, result, inFile: (span) => rangeOf(lines, span) }];
    const inFile = (span: Span): PlaceRange => {
      fileLines ??= new LineIndex(source.text.replace(/^\ufeff/, ''));
      return rangeOf(fileLines, { start: cell.fileOffset(span.start), end: cell.fileOffset(span.end) });
    };
    return [{ lines, cell: cell.index, result, inFile }];
  });
  return { path, texts: checked };
}
