// Shows findings, and what runs say of lines, as diagnostics: each with a link to its rule's page and with its evidence.

import * as vscode from 'vscode';
import type { Severity } from '../../analyzer/finding';
import type { BlamedLine } from '../../dump/evidence';
import type { AnalysisService } from '../analysis/service';
import {
  codeOf,
  confidenceSentence,
  type DiagnosticModel,
  diagnosticModels,
  isAboutComment,
  RULE_PAGE_SCHEME,
  rulePagePath,
  SOURCE,
  worstOf,
} from '../diagnostic-model';
import type { PlacedFinding } from '../placed-finding';
import { rangeAt, rangeOf } from '../ranges';
import { ruleCatalogue } from '../rule-catalogue';
import type { CheckedFiles } from '../workspace-check/store';
import { FrameFiles } from './dump-viewer/frame-files';
import type { Placed, RunEvidenceStore } from './run-evidence/store';
import { blamedMessage } from './run-evidence/words';

const SEVERITIES: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

export function rulePageUri(code: string): vscode.Uri {
  return vscode.Uri.from({ scheme: RULE_PAGE_SCHEME, path: rulePagePath(code) });
}

export function registerDiagnostics(
  service: AnalysisService,
  checked: CheckedFiles,
  evidence: RunEvidenceStore,
): vscode.Disposable {
  const publisher = new Publisher(service, checked, evidence);
  return vscode.Disposable.from(
    publisher,
    service.onDidChangeFindings(({ uri, program }) => {
      publisher.publish(uri);
      // What was said of a notebook as a file gives way to what is said of its cells, and comes back.
      if (checked.get(program) && program.toString() !== uri.toString()) publisher.publish(program);
    }),
    checked.onDidChange((uris) => {
      for (const uri of uris) publisher.publish(uri);
    }),
    evidence.onDidChange((files) => {
      for (const file of files) publisher.publish(vscode.Uri.parse(file, true));
    }),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (evidence.files().has(document.uri.toString())) publisher.publish(document.uri);
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      if (evidence.files().has(uri.toString())) publisher.publish(uri);
    }),
  );
}

class Publisher implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('nanlens');
  /** Files that are being read because they are not open: newer news must win. */
  private readonly turns = new Map<string, number>();
  private turn = 0;

  constructor(
    private readonly service: AnalysisService,
    private readonly checked: CheckedFiles,
    private readonly evidence: RunEvidenceStore,
  ) {}

  dispose(): void {
    this.collection.dispose();
  }

  publish(uri: vscode.Uri): void {
    const key = uri.toString();
    const isBlamed = this.evidence.files().has(key);
    const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === key);
    if (document) {
      this.turns.delete(key);
      const analysis = this.service.analysisOf(document);
      const lines = isBlamed ? linesOf(document) : [];
      const findings = analysis
        ? diagnosticModels(analysis.findings, analysis.problems).map((model) => toDiagnostic(document, model))
        : this.savedFindings(uri);
      this.set(uri, findings, isBlamed ? this.evidence.blamed(key, lines) : [], lines);
    } else if (isBlamed) {
      void this.publishUnopened(uri);
    } else {
      this.turns.delete(key);
      this.set(uri, this.savedFindings(uri), [], []);
    }
  }

  /** What a check of the workspace found in a file that no editor shows. */
  private savedFindings(uri: vscode.Uri): vscode.Diagnostic[] {
    if (this.service.isKnown(uri)) return [];
    const findings = this.checked.get(uri)?.findings ?? [];
    return worstOf(findings).map((finding) => savedDiagnostic(uri, finding));
  }

  private async publishUnopened(uri: vscode.Uri): Promise<void> {
    const key = uri.toString();
    const turn = ++this.turn;
    this.turns.set(key, turn);
    const lines = (await FrameFiles.lines(uri)) ?? [];
    if (this.turns.get(key) !== turn) return;
    this.turns.delete(key);
    this.set(uri, this.savedFindings(uri), this.evidence.blamed(key, lines), lines);
  }

  /** Raises the findings of blamed lines; a blamed line that has none gets a diagnostic of its own. */
  private set(
    uri: vscode.Uri,
    findings: readonly vscode.Diagnostic[],
    blamed: readonly Placed<BlamedLine>[],
    lines: readonly string[],
  ): void {
    const own = blamed.flatMap((one) => {
      const ofRules = findings.filter(({ code }) => code !== undefined && !isAboutComment(codeOf(code)));
      const here = ofRules.filter(({ range }) => range.start.line <= one.line - 1 && range.end.line >= one.line - 1);
      const named = here.filter(({ code }) => one.evidence.rules.includes(codeOf(code)));
      const raised = named.length > 0 ? named : here;
      for (const finding of raised) raise(finding, one);
      return raised.length > 0 ? [] : [blamedDiagnostic(one, lines[one.line - 1] ?? '')];
    });
    const all = [...findings, ...own];
    if (all.length === 0) this.collection.delete(uri);
    else this.collection.set(uri, all);
  }
}

function toDiagnostic(document: vscode.TextDocument, model: DiagnosticModel): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(document, model.span), model.message, SEVERITIES[model.severity]);
  diagnostic.source = SOURCE;
  if (model.code !== undefined) diagnostic.code = { value: model.code, target: rulePageUri(model.code) };
  if (model.isUnnecessary) diagnostic.tags = [vscode.DiagnosticTag.Unnecessary];
  diagnostic.relatedInformation = model.related.map(
    ({ span, message }) =>
      new vscode.DiagnosticRelatedInformation(new vscode.Location(document.uri, rangeOf(document, span)), message),
  );
  return diagnostic;
}

/** Of a notebook, it stands on the cell's lines in the file, and its words say which cell. */
function savedDiagnostic(uri: vscode.Uri, finding: PlacedFinding): vscode.Diagnostic {
  const words = `${finding.message} ${confidenceSentence(finding.confidence)}`;
  const message =
    finding.cell === undefined
      ? words
      : vscode.l10n.t('Cell {0}, line {1}: {2}', finding.cell, finding.place.start.line + 1, words);
  const diagnostic = new vscode.Diagnostic(rangeAt(finding.placeInFile), message, SEVERITIES[finding.severity]);
  diagnostic.source = SOURCE;
  diagnostic.code = { value: finding.code, target: rulePageUri(finding.code) };
  diagnostic.relatedInformation = finding.related.map(
    ({ placeInFile, message: words }) =>
      new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, rangeAt(placeInFile)), words),
  );
  return diagnostic;
}

function raise(finding: vscode.Diagnostic, { evidence }: Placed<BlamedLine>): void {
  const message = blamedMessage(evidence, nameOf(evidence.dump));
  if (evidence.role === 'first') finding.severity = vscode.DiagnosticSeverity.Error;
  finding.message = `${vscode.l10n.t('Seen in a run. {0}', message)}\n${finding.message}`;
  finding.relatedInformation = [...(finding.relatedInformation ?? []), relatedRun(evidence.dump)];
}

function blamedDiagnostic({ line, evidence }: Placed<BlamedLine>, text: string): vscode.Diagnostic {
  const start = text.length - text.trimStart().length;
  const range = new vscode.Range(line - 1, start, line - 1, text.trimEnd().length);
  const severity = evidence.role === 'first' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Information;
  const message = vscode.l10n.t('Seen in a run. {0}', blamedMessage(evidence, nameOf(evidence.dump)));
  const diagnostic = new vscode.Diagnostic(range, message, severity);
  diagnostic.source = SOURCE;
  const rule = evidence.rules.find((code) => ruleCatalogue().some((known) => known.code === code));
  if (rule !== undefined) diagnostic.code = { value: rule, target: rulePageUri(rule) };
  diagnostic.relatedInformation = [relatedRun(evidence.dump)];
  return diagnostic;
}

function relatedRun(dump: vscode.Uri): vscode.DiagnosticRelatedInformation {
  const start = new vscode.Position(0, 0);
  return new vscode.DiagnosticRelatedInformation(
    new vscode.Location(dump, start),
    vscode.l10n.t('the run that shows it'),
  );
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.split('/').at(-1) ?? uri.path;
}

function linesOf(document: vscode.TextDocument): string[] {
  return Array.from({ length: document.lineCount }, (_, i) => document.lineAt(i).text);
}
