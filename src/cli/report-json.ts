// `check --output-format json`: the contract that scripts read.

import type { Finding } from '../analyzer/finding';
import {
  type CheckedText,
  type FileReport,
  inOrder,
  type Reporter,
  type RuleBook,
  rangeOf,
  type Summary,
} from './report';

export const JSON_FORMAT_VERSION = 1;

function jsonFinding(path: string, text: CheckedText, finding: Finding, rules: RuleBook): object {
  const range = (span: Finding['span']) => rangeOf(text.lines, span);
  return {
    code: finding.code,
    name: finding.name,
    severity: finding.severity,
    confidence: finding.confidence,
    path,
    cell: text.cell,
    ...range(finding.span),
    message: finding.message,
    url: rules.get(finding.code)?.url ?? null,
    related: finding.related.map((reason) => ({ path, ...range(reason.span), message: reason.message })),
    fixes: finding.fixes.map((fix) => ({
      title: fix.title,
      safety: fix.safety,
      edits: fix.edits.map((edit) => ({ ...range(edit.span), newText: edit.text })),
    })),
  };
}

export class JsonReporter implements Reporter {
  private readonly findings: object[] = [];

  constructor(
    private readonly write: (text: string) => void,
    private readonly rules: RuleBook,
  ) {}

  file(report: FileReport): void {
    for (const text of report.texts) {
      for (const finding of inOrder(text.result.findings)) {
        this.findings.push(jsonFinding(report.path, text, finding, this.rules));
      }
    }
  }

  end({ checked, skipped, failed }: Summary): void {
    const files = { checked, skipped, failed };
    const document = { version: JSON_FORMAT_VERSION, findings: this.findings, files };
    this.write(`${JSON.stringify(document, null, 2)}\n`);
  }
}
