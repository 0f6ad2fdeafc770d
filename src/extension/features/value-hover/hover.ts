// A hover that says what is known of a value and why: asked for when a person points, silent where nothing is known.

import * as vscode from 'vscode';
import type { Place } from '../../../analyzer/explain-value/explanation';
import { documentsOf, subjectOf } from '../../analysis/scope';
import { ANALYSIS_BUDGET } from '../../analysis/service';
import type { EngineClient } from '../../engine/client';
import { rangeOf } from '../../ranges';
import { settingsFor } from '../../settings';
import { type PlaceWords, valueMarkdown } from './words';

/** The schemes that links in untrusted Markdown may have. */
const LINKED_SCHEMES: readonly string[] = ['file', 'vscode-remote'];

export class ValueHover implements vscode.HoverProvider {
  constructor(private readonly engine: EngineClient) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const subject = subjectOf(document);
    if (!subject || !isWanted(subject.uri)) return undefined;
    const documents = documentsOf(subject);
    const versions = documents.map(({ version }) => version);
    const outcome = await this.engine.request(
      // Of several places that were pointed at the last one counts.
      `explain ${subject.key}`,
      {
        kind: 'explainValue',
        program: { cells: documents.map((each) => each.getText()), isNotebook: 'notebook' in subject },
        cell: documents.indexOf(document),
        offset: document.offsetAt(position),
      },
      ANALYSIS_BUDGET,
    );
    const isStale = documents.some((each, at) => each.isClosed || each.version !== versions[at]);
    if (token.isCancellationRequested || isStale || outcome.kind !== 'done' || !outcome.value) return undefined;
    const told = outcome.value;
    return new vscode.Hover(valueMarkdown(told, placeWords(documents, document)), rangeOf(document, told.span));
  }
}

function isWanted(uri: vscode.Uri): boolean {
  const { enabled, hoverValues } = settingsFor(uri);
  return enabled && hoverValues;
}

function placeWords(documents: readonly vscode.TextDocument[], here: vscode.TextDocument): PlaceWords {
  return ({ cell, span }: Place) => {
    const document = documents[cell] ?? here;
    const line = document.positionAt(span.start).line + 1;
    if (document !== here) return vscode.l10n.t('code cell {0}, line {1}', cell + 1, line);
    const words = vscode.l10n.t('line {0}', line);
    if (!LINKED_SCHEMES.includes(document.uri.scheme)) return words;
    return `[${words}](${document.uri.with({ fragment: `L${line}` }).toString()})`;
  };
}

export function registerValueHover(engine: EngineClient): vscode.Disposable {
  return vscode.languages.registerHoverProvider({ language: 'python' }, new ValueHover(engine));
}
