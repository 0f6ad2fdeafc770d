// The rules' pages: a read-only file system that serves the bundled Markdown, and the command that opens one.

import * as vscode from 'vscode';
import type { Finding, RuleInfo } from '../../analyzer/finding';
import type { AnalysisService } from '../analysis/service';
import { codeOfRulePage, RULE_PAGE_SCHEME } from '../diagnostic-model';
import { rangeOf } from '../ranges';
import { ruleCatalogue } from '../rule-catalogue';
import { rulePageUri } from './diagnostics';
import { evidenceMarkdown, evidenceQuery } from './finding-evidence';

export const SHOW_RULE_COMMAND = 'nanlens.showRule';
export const EXPLAIN_FINDING_COMMAND = 'nanlens.explainFinding';

/**
 * A file system rather than a plain content provider: VS Code starts the extension for it when a page that was open
 * last time is shown again. Pages come with the extension, so they work without a network.
 */
class RulePages implements vscode.FileSystemProvider {
  private readonly neverChanged = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.neverChanged.event;

  constructor(private readonly extensionUri: vscode.Uri) {}

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const content = await this.readFile(uri);
    const permissions = vscode.FilePermission.Readonly;
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: content.byteLength, permissions };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const code = codeOfRulePage(uri.path);
    const rule = ruleCatalogue().find((candidate) => candidate.code === code);
    if (!rule) throw vscode.FileSystemError.FileNotFound(uri);
    const evidence = new TextEncoder().encode(evidenceMarkdown(uri.query));
    const page = await this.page(rule);
    const whole = new Uint8Array(evidence.length + page.length);
    whole.set(evidence);
    whole.set(page, evidence.length);
    return whole;
  }

  private async page(rule: RuleInfo): Promise<Uint8Array> {
    try {
      return await vscode.workspace.fs.readFile(
        vscode.Uri.joinPath(this.extensionUri, 'media', 'rules', `${rule.code}.md`),
      );
    } catch {
      // Some web hosts cannot read the extension's own folder; the rule carries the same page.
      return new TextEncoder().encode(rule.page);
    }
  }

  readDirectory(): [string, vscode.FileType][] {
    return ruleCatalogue().map((rule) => [`${rule.code}.md`, vscode.FileType.File]);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}

async function chooseRule(title: string, codes?: ReadonlySet<string>): Promise<string | undefined> {
  const items = ruleCatalogue()
    .filter((rule) => !codes || codes.has(rule.code))
    .map((rule) => ({ label: rule.code, description: rule.name, detail: rule.summary }));
  if (codes && items.length === 1) return items[0]?.label;
  const chosen = await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
  return chosen?.label;
}

/** What a finding is told by; the place at the cursor where nothing is told. */
interface FindingArguments {
  readonly uri?: vscode.Uri;
  readonly range?: vscode.Range;
  readonly code?: string;
}

/** Commands can be run by anyone with anything. */
function readArguments(value: unknown): FindingArguments {
  if (typeof value !== 'object' || value === null) return {};
  const { uri, range, code } = value as Record<string, unknown>;
  return {
    ...(uri instanceof vscode.Uri ? { uri } : {}),
    ...(range instanceof vscode.Range ? { range } : {}),
    ...(typeof code === 'string' ? { code } : {}),
  };
}

interface FoundHere {
  readonly document: vscode.TextDocument;
  readonly findings: readonly Finding[];
}

/** The findings at a place; where there are none, those of its first line. */
async function findingsAt(service: AnalysisService, given: FindingArguments): Promise<FoundHere | undefined> {
  const editor = vscode.window.activeTextEditor;
  const { uri } = given;
  const document = uri
    ? vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString())
    : editor?.document;
  const place = given.range ?? (document === editor?.document ? editor?.selection : undefined);
  const analysis = document && (await service.freshAnalysis(document));
  if (!analysis || !place) return undefined;
  const within = (range: vscode.Range): Finding[] =>
    analysis.findings.filter(
      ({ span, code }) => rangeOf(document, span).intersection(range) && (given.code ?? code) === code,
    );
  const here = within(place);
  const line = given.range ? place.start.line : (editor?.selection.active.line ?? place.start.line);
  return { document, findings: here.length > 0 ? here : within(document.lineAt(line).range) };
}

export function registerRulePages(extensionUri: vscode.Uri, service: AnalysisService): vscode.Disposable {
  const show = (code: string | undefined, query = ''): Thenable<unknown> | undefined =>
    code === undefined ? undefined : vscode.commands.executeCommand('vscode.open', rulePageUri(code).with({ query }));
  return vscode.Disposable.from(
    vscode.workspace.registerFileSystemProvider(RULE_PAGE_SCHEME, new RulePages(extensionUri), {
      isCaseSensitive: true,
      isReadonly: true,
    }),
    vscode.commands.registerCommand(SHOW_RULE_COMMAND, async (code?: unknown) => {
      const isKnown = typeof code === 'string' && ruleCatalogue().some((rule) => rule.code === code);
      await show(isKnown ? code : await chooseRule(vscode.l10n.t('Which rule?')));
    }),
    vscode.commands.registerCommand(EXPLAIN_FINDING_COMMAND, async (argument?: unknown) => {
      const given = readArguments(argument);
      const found = await findingsAt(service, given);
      const codes = new Set(found?.findings.map((finding) => finding.code));
      if (found && codes.size > 0) {
        const code = await chooseRule(vscode.l10n.t('Which finding?'), codes);
        const finding = found.findings.find((each) => each.code === code);
        await show(code, finding && evidenceQuery(found.document, finding));
      } else if (given.code !== undefined && ruleCatalogue().some(({ code }) => code === given.code)) {
        await show(given.code);
      } else vscode.window.setStatusBarMessage(vscode.l10n.t('NaN Lens: there is no finding on this line.'), 5000);
    }),
  );
}
