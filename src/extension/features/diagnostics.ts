// Shows findings as diagnostics, each with a link to its rule's page and with its evidence.

import * as vscode from 'vscode';
import type { Severity } from '../../analyzer/finding';
import type { AnalysisService } from '../analysis/service';
import { type DiagnosticModel, diagnosticModels, RULE_PAGE_SCHEME, rulePagePath, SOURCE } from '../diagnostic-model';
import { rangeOf } from '../ranges';

const SEVERITIES: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

export function rulePageUri(code: string): vscode.Uri {
  return vscode.Uri.from({ scheme: RULE_PAGE_SCHEME, path: rulePagePath(code) });
}

function toDiagnostic(document: vscode.TextDocument, model: DiagnosticModel): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(document, model.span), model.message, SEVERITIES[model.severity]);
  diagnostic.source = SOURCE;
  diagnostic.code = { value: model.code, target: rulePageUri(model.code) };
  diagnostic.relatedInformation = model.related.map(
    ({ span, message }) =>
      new vscode.DiagnosticRelatedInformation(new vscode.Location(document.uri, rangeOf(document, span)), message),
  );
  return diagnostic;
}

export function registerDiagnostics(service: AnalysisService): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('nanlens');
  const subscription = service.onDidChangeFindings(({ uri, analysis }) => {
    if (!analysis) collection.delete(uri);
    else {
      const models = diagnosticModels(analysis.findings);
      collection.set(
        uri,
        models.map((model) => toDiagnostic(analysis.document, model)),
      );
    }
  });
  return vscode.Disposable.from(subscription, collection);
}
