// `check --output-format sarif`: SARIF 2.1.0 for code scanning.

import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { ArtifactLocation, Fix, Location, Log, Notification, Region, ReportingDescriptor, Result } from 'sarif';
import type { Finding, Severity } from '../analyzer/finding';
import { type PlaceRange, rangeOf } from '../analyzer/finding-json';
import type { Span } from '../text/span';
import { type CheckedText, type FileReport, inOrder, type Reporter, type RuleBook, type Summary } from './report';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const HOME_PAGE = 'https://github.com/nanlens/nanlens';

/** What relative addresses are relative to; whoever reads the log knows where that is. */
const ROOT = '%SRCROOT%';

const LEVELS = { error: 'error', warning: 'warning', information: 'note', hint: 'note' } as const satisfies Readonly<
  Record<Severity, Result.level>
>;

function artifact(path: string): ArtifactLocation {
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return { uri: pathToFileURL(path).href };
  // Half a character in a name has no address; what stands for it is what a terminal would show.
  const wellFormed = path.replace(/\p{Surrogate}/gu, '\ufffd');
  return { uri: wellFormed.split('/').map(encodeURIComponent).join('/'), uriBaseId: ROOT };
}

function region({ start, end }: PlaceRange): Region {
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

export class SarifReporter implements Reporter {
  private readonly results: Result[] = [];
  private readonly notifications: Notification[] = [];
  private readonly ruleIndex: ReadonlyMap<string, number>;
  /** How often a flagged text was met in a file, so that equal lines get different fingerprints. */
  private readonly occurrences = new Map<string, number>();

  constructor(
    private readonly write: (text: string) => void,
    private readonly rules: RuleBook,
    private readonly version: string,
  ) {
    this.ruleIndex = new Map([...rules.keys()].map((code, index) => [code, index]));
  }

  file(report: FileReport): void {
    for (const text of report.texts) {
      for (const finding of inOrder(text.result.findings)) this.results.push(this.result(report.path, text, finding));
      for (const problem of text.result.problems) {
        this.notifications.push({
          level: 'warning',
          message: { text: problem.message },
          locations: [this.location(report.path, text, problem.span ?? { start: 0, end: 0 })],
        });
      }
    }
  }

  private location(path: string, text: CheckedText, span: Span): Location {
    return {
      physicalLocation: { artifactLocation: artifact(path), region: region(text.inFile(span)) },
      ...(text.cell === null ? {} : { logicalLocations: [{ name: `cell ${text.cell}` }] }),
    };
  }

  private result(path: string, text: CheckedText, finding: Finding): Result {
    const ruleIndex = this.ruleIndex.get(finding.code);
    const fixes = this.fixes(path, text, finding);
    return {
      ruleId: finding.code,
      ...(ruleIndex === undefined ? {} : { ruleIndex }),
      level: LEVELS[finding.severity],
      message: { text: finding.message },
      locations: [this.location(path, text, finding.span)],
      ...(finding.related.length === 0
        ? {}
        : {
            relatedLocations: finding.related.map((reason, id) => ({
              id,
              ...this.location(path, text, reason.span),
              message: { text: reason.message },
            })),
          }),
      partialFingerprints: { 'flaggedText/v1': this.fingerprint(path, text, finding) },
      ...(fixes.length === 0 ? {} : { fixes }),
      properties: { confidence: finding.confidence, ...(text.cell === null ? {} : { cell: text.cell }) },
    };
  }

  /** The same for a finding that only moved to another line. */
  private fingerprint(path: string, text: CheckedText, finding: Finding): string {
    const flagged = text.lines.text.slice(finding.span.start, finding.span.end);
    const what = JSON.stringify([finding.code, path, flagged]);
    const occurrence = (this.occurrences.get(what) ?? 0) + 1;
    this.occurrences.set(what, occurrence);
    return createHash('sha256').update(`${what}#${occurrence}`).digest('hex').slice(0, 32);
  }

  /** In a notebook an edit of Python is not an edit of the file's own text, so it has none here. */
  private fixes(path: string, text: CheckedText, finding: Finding): Fix[] {
    if (text.cell !== null) return [];
    return finding.fixes
      .filter((fix) => fix.edits.length > 0)
      .map((fix) => ({
        description: { text: `${fix.title} (${fix.safety})` },
        artifactChanges: [
          {
            artifactLocation: artifact(path),
            replacements: fix.edits.map((edit) => ({
              deletedRegion: region(rangeOf(text.lines, edit.span)),
              insertedContent: { text: edit.text },
            })),
          },
        ],
      }));
  }

  private descriptors(): ReportingDescriptor[] {
    return [...this.rules.values()].map((rule) => ({
      id: rule.code,
      name: rule.name,
      shortDescription: { text: rule.summary },
      fullDescription: { text: rule.summary },
      help: { text: rule.page, markdown: rule.page },
      helpUri: rule.url,
      defaultConfiguration: { level: LEVELS[rule.severity] },
    }));
  }

  end({ failed }: Summary): void {
    const failures = failed.map(
      ({ path, message }): Notification => ({
        level: 'error',
        message: { text: `${path} ${message}` },
        locations: [{ physicalLocation: { artifactLocation: artifact(path) } }],
      }),
    );
    const notifications = [...failures, ...this.notifications];
    const log: Log = {
      $schema: SCHEMA,
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'NaN Lens',
              semanticVersion: this.version,
              informationUri: HOME_PAGE,
              rules: this.descriptors(),
            },
          },
          columnKind: 'utf16CodeUnits',
          originalUriBaseIds: { [ROOT]: { description: { text: 'The folder in which NaN Lens was run.' } } },
          invocations: [
            {
              executionSuccessful: failed.length === 0,
              ...(notifications.length === 0 ? {} : { toolExecutionNotifications: notifications }),
            },
          ],
          results: this.results,
        },
      ],
    };
    this.write(`${JSON.stringify(log, null, 2)}\n`);
  }
}
