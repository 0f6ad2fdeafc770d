// All findings that are known now: of what is open as it stands in its editor, of other checked files as they are saved.

import * as vscode from 'vscode';
import type { AnalysisService, DocumentAnalysis, OpenProgram } from '../analysis/service';
import { plainFinding } from '../engine/check-file';
import type { Place, PlacedFinding } from '../placed-finding';
import { rangeOf } from '../ranges';
import type { CheckedFiles } from './store';

export interface FileFindings {
  readonly uri: vscode.Uri;
  readonly findings: readonly PlacedFinding[];
}

/** A file that is open counts as its editor has it, so that nothing is told twice. */
export function currentFindings(service: AnalysisService, checked: CheckedFiles): FileFindings[] {
  const open = service.openPrograms();
  const shown = new Set(open.map(({ uri }) => uri.toString()));
  const live = open.map((program) => ({ uri: program.uri, findings: liveFindings(program) }));
  const saved = [...checked.all()].filter(({ uri }) => !shown.has(uri.toString()));
  return [...live, ...saved].filter(({ findings }) => findings.length > 0);
}

function liveFindings({ documents, isNotebook }: OpenProgram): PlacedFinding[] {
  return documents.flatMap((analysis) => {
    const cell = isNotebook ? cellNumber(analysis.document) : undefined;
    return analysis.findings.map((finding) => {
      const place = placeOf(analysis, finding.span);
      return { ...plainFinding(finding), place, cell, placeInFile: place, related: [] };
    });
  });
}

function placeOf({ document }: DocumentAnalysis, span: { readonly start: number; readonly end: number }): Place {
  const { start, end } = rangeOf(document, span);
  return {
    start: { line: start.line, column: start.character },
    end: { line: end.line, column: end.character },
  };
}

/** 1-based place among all cells of the notebook. */
function cellNumber(document: vscode.TextDocument): number | undefined {
  for (const notebook of vscode.workspace.notebookDocuments) {
    const cell = notebook.getCells().find((each) => each.document === document);
    if (cell) return cell.index + 1;
  }
  return undefined;
}
