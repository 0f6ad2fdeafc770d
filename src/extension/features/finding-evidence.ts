// The evidence of one finding, as it stands above its rule's page: carried in the page's address, so that it needs no memory.

import * as vscode from 'vscode';
import type { Finding } from '../../analyzer/finding';

interface FindingEvidence {
  readonly place: string;
  readonly message: string;
  readonly reasons: readonly string[];
}

const longest = 1000;

/** Goes into the query of the page's address. */
export function evidenceQuery(document: vscode.TextDocument, { span, message, related }: Finding): string {
  const lineOf = (offset: number): number => document.positionAt(offset).line + 1;
  const name = document.uri.path.split('/').at(-1) ?? '';
  const evidence: FindingEvidence = {
    place: vscode.l10n.t('{0}, line {1}', name, lineOf(span.start)),
    message,
    reasons: related.map((reason) => vscode.l10n.t('line {0}: {1}', lineOf(reason.span.start), reason.message)),
  };
  return JSON.stringify(evidence);
}

/** Markdown to put above a page; empty for an address that carries no evidence, or something else. */
export function evidenceMarkdown(query: string): string {
  if (query === '') return '';
  try {
    const { place, message, reasons } = JSON.parse(query) as Record<keyof FindingEvidence, unknown>;
    if (typeof place !== 'string' || typeof message !== 'string' || !Array.isArray(reasons)) return '';
    const lines = reasons.filter((reason) => typeof reason === 'string').map((reason) => `> - ${quoted(reason)}\n`);
    return `> **${quoted(place)}**: ${quoted(message)}\n>\n${lines.join('')}\n`;
  } catch {
    return '';
  }
}

/** What is in backticks stays code; the rest becomes no markup. */
function quoted(text: string): string {
  return text
    .slice(0, longest)
    .replace(/\s+/g, ' ')
    .split(/(`[^`]*`)/)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(/[\\*_{}[\]()#+\-!<>|~&`]/g, '\\$&')))
    .join('');
}
