// A Python file or notebook as its editor has it, open or not, analysed for a language model.

import * as vscode from 'vscode';
import { ToolError } from '../../../agent/tool';
import type { AnalysisResult, Confidence } from '../../../analyzer/finding';
import { isNotebookName } from '../../../project/source-file';
import { filesBeside } from '../../analysis/beside';
import { notebookOf, pythonCells } from '../../analysis/scope';
import { ANALYSIS_BUDGET } from '../../analysis/service';
import type { EngineClient } from '../../engine/client';
import type { Configurations } from '../../project/configurations';

export interface AnalysedProgram {
  readonly uri: vscode.Uri;
  /** The file, or the notebook's Python cells in their order. */
  readonly documents: readonly vscode.TextDocument[];
  /** 1-based place among all cells of each; null in a Python file. */
  readonly cells: readonly (number | null)[];
  /** What was analysed of each. */
  readonly texts: readonly string[];
  readonly versions: readonly number[];
  readonly results: readonly AnalysisResult[];
}

async function openProgram(uri: vscode.Uri): Promise<Pick<AnalysedProgram, 'documents' | 'cells'>> {
  try {
    if (!isNotebookName(uri.path)) {
      const document = await vscode.workspace.openTextDocument(uri);
      if (document.languageId !== 'python') throw new ToolError('It is no Python file.');
      const cell = notebookOf(document)
        ?.getCells()
        .find((each) => each.document === document);
      return { documents: [document], cells: [cell ? cell.index + 1 : null] };
    }
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    const documents = pythonCells(notebook);
    const place = new Map(notebook.getCells().map((cell) => [cell.document, cell.index + 1]));
    return { documents, cells: documents.map((document) => place.get(document) ?? null) };
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`The file cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

let calls = 0;

/** @throws ToolError in words */
export async function analysedProgram(
  uri: vscode.Uri,
  parts: { readonly engine: EngineClient; readonly configurations: Configurations },
  minConfidence?: Confidence,
): Promise<AnalysedProgram> {
  const { settings, config, project, isExcluded } = await parts.configurations.of(uri);
  if (!settings.enabled) throw new ToolError('NaN Lens is switched off for this file, by the setting nanlens.enable.');
  if (isExcluded) throw new ToolError(`The file is left out by "exclude" in ${project?.uri.path ?? 'pyproject.toml'}.`);
  const { documents, cells } = await openProgram(uri);
  const texts = documents.map((document) => document.getText());
  const versions = documents.map(({ version }) => version);
  const beside = await filesBeside(uri, texts);
  const outcome = await parts.engine.request(
    // Another call must not take this one's place.
    `agent ${++calls}`,
    {
      kind: 'analyze',
      program: { cells: texts, isNotebook: isNotebookName(uri.path) },
      config: { ...config, minConfidence: minConfidence ?? config.minConfidence, files: beside?.texts ?? {} },
    },
    ANALYSIS_BUDGET,
  );
  if (outcome.kind === 'done') return { uri, documents, cells, texts, versions, results: outcome.value };
  if (outcome.kind === 'timeout') {
    throw new ToolError(`The analysis was given up after ${outcome.milliseconds / 1000} s.`);
  }
  throw new ToolError(outcome.kind === 'failed' ? outcome.message : 'The analysis was broken off; try again.');
}
