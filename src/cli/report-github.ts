// `check --output-format github`: workflow commands that GitHub Actions turns into annotations.

import type { Severity } from '../analyzer/finding';
import { type FileReport, inOrder, type Reporter, type RuleBook, type Summary } from './report';

const COMMANDS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'notice',
  hint: 'notice',
};

/** The escapes of a command's message, which ends at the line's end. */
function escapeMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** The escapes of a property, which ends at a comma or colon too. */
function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** One workflow command. */
export function workflowCommand(
  command: string,
  properties: Readonly<Record<string, string>>,
  message: string,
): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${command} ${list.join(',')}::${escapeMessage(message)}`;
}

export class GitHubReporter implements Reporter {
  constructor(
    private readonly write: (text: string) => void,
    private readonly rules: RuleBook,
  ) {}

  file(report: FileReport): void {
    for (const text of report.texts) {
      for (const finding of inOrder(text.result.findings)) {
        const { start, end } = text.inFile(finding.span);
        const isOneLine = start.line === end.line;
        const properties = {
          title: `${finding.code} (${finding.name})`,
          file: report.path,
          line: `${start.line}`,
          endLine: `${end.line}`,
          // GitHub takes columns only where both are on one line.
          ...(isOneLine ? { col: `${start.column}`, endColumn: `${end.column}` } : {}),
        };
        const url = this.rules.get(finding.code)?.url;
        const cell = text.cell === null ? '' : ` (cell ${text.cell})`;
        const message = `${finding.message}${cell}${url ? `\n${url}` : ''}`;
        this.write(`${workflowCommand(COMMANDS[finding.severity], properties, message)}\n`);
      }
    }
  }

  end({ failed }: Summary): void {
    for (const { path, message } of failed) {
      const properties = { title: 'NaN Lens could not check this file', file: path };
      this.write(`${workflowCommand('error', properties, `${path} ${message}`)}\n`);
    }
  }
}
