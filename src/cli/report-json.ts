// `check --output-format json`: the contract that scripts read.

import type { FindingJson } from '../analyzer/finding-json';
import { type FileReport, findingsToJson, type Reporter, type RuleBook, type Summary } from './report';

export const JSON_FORMAT_VERSION = 1;

export class JsonReporter implements Reporter {
  private readonly findings: FindingJson[] = [];

  constructor(
    private readonly write: (text: string) => void,
    private readonly rules: RuleBook,
  ) {}

  file(report: FileReport): void {
    for (const finding of findingsToJson(report, this.rules)) this.findings.push(finding);
  }

  end({ checked, skipped, failed }: Summary): void {
    const files = { checked, skipped, failed };
    const document = { version: JSON_FORMAT_VERSION, findings: this.findings, files };
    this.write(`${JSON.stringify(document, null, 2)}\n`);
  }
}
