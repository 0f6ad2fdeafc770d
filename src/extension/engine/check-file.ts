// Checks a file from its bytes, so that reading notebooks and finding lines are done by the worker too.

import type { AnalysisConfig, AnalysisResult, Finding } from '../../analyzer/finding';
import { mentionedFiles } from '../../analyzer/mentioned-files';
import { loadBytes, type SourceFile } from '../../project/source-file';
import { LineIndex } from '../../text/line-index';
import type { Span } from '../../text/span';
import type { Place, PlacedFinding } from '../placed-finding';
import type { Program } from './messages';

export interface CheckFileRequest {
  readonly kind: 'checkFile';
  readonly bytes: Uint8Array;
  readonly isNotebook: boolean;
  /** Without `files`, a program that names any is answered with their names. */
  readonly config: AnalysisConfig;
}

export type FileCheck =
  | { readonly kind: 'checked'; readonly findings: readonly PlacedFinding[]; readonly problems: readonly string[] }
  /** The program names files, which count: to be asked again with their texts. */
  | { readonly kind: 'needsFiles'; readonly cells: readonly string[] }
  /** A notebook in another language. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly message: string };

export function checkFile(
  { bytes, isNotebook, config }: CheckFileRequest,
  analyze: (program: Program, config: AnalysisConfig) => readonly AnalysisResult[],
): FileCheck {
  const loaded = loadBytes(bytes, isNotebook);
  if (loaded.kind !== 'source') return loaded;
  const cells = loaded.source.program.texts;
  if (!config.files && mentionedFiles(cells).length > 0) return { kind: 'needsFiles', cells };
  const results = analyze({ cells, isNotebook }, config);
  const problems = results.flatMap((result) => result.problems.map(({ message }) => message));
  return { kind: 'checked', findings: placed(loaded.source, results), problems };
}

function placed(source: SourceFile, results: readonly AnalysisResult[]): PlacedFinding[] {
  if (results.every(({ findings }) => findings.length === 0)) return [];
  // As editors show it, without a byte order mark.
  const file = new LineIndex(source.text.replace(/^\ufeff/, ''));
  return results.flatMap(({ findings }, i) => {
    if (findings.length === 0) return [];
    const cell = source.notebook?.cells[i];
    const own = cell ? new LineIndex(cell.source) : file;
    const inFile = (offset: number): number => cell?.fileOffset(offset) ?? offset;
    const placeInFile = (span: Span): Place => placeOf(file, { start: inFile(span.start), end: inFile(span.end) });
    return findings.map((finding) => ({
      ...plainFinding(finding),
      place: placeOf(own, finding.span),
      cell: cell?.index,
      placeInFile: placeInFile(finding.span),
      related: finding.related.map(({ span, message }) => ({ placeInFile: placeInFile(span), message })),
    }));
  });
}

function placeOf(lines: LineIndex, span: Span): Place {
  return { start: lines.position(span.start), end: lines.position(span.end) };
}

/** What is told of a finding beside its place. */
export function plainFinding(finding: Finding): Omit<PlacedFinding, 'place' | 'cell' | 'placeInFile' | 'related'> {
  const { code, name, severity, confidence, message } = finding;
  return { code, name, severity, confidence, message, isFixable: finding.fixes.some(({ edits }) => edits.length > 0) };
}
