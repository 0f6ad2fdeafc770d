// The rules' pages: a read-only file system that serves the bundled Markdown, and the command that opens one.

import * as vscode from 'vscode';
import type { AnalysisService } from '../analysis/service';
import { codeOfRulePage, RULE_PAGE_SCHEME } from '../diagnostic-model';
import { rangeOf } from '../ranges';
import { ruleCatalogue } from '../rule-catalogue';
import { rulePageUri } from './diagnostics';

export const SHOW_RULE_COMMAND = 'nanlens.showRule';

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

/** The codes of the findings at the cursor; where there are none, those of its line. */
async function codesAtCursor(service: AnalysisService): Promise<ReadonlySet<string>> {
  const editor = vscode.window.activeTextEditor;
  const analysis = editor && (await service.freshAnalysis(editor.document));
  if (!analysis) return new Set();
  const { selection, document } = editor;
  const codesIn = (range: vscode.Range): ReadonlySet<string> =>
    new Set(
      analysis.findings
        .filter((finding) => rangeOf(document, finding.span).intersection(range))
        .map((finding) => finding.code),
    );
  const atCursor = codesIn(selection);
  return atCursor.size > 0 ? atCursor : codesIn(document.lineAt(selection.active.line).range);
}

export function registerRulePages(extensionUri: vscode.Uri, service: AnalysisService): vscode.Disposable {
  const show = (code: string | undefined): Thenable<unknown> | undefined =>
    code === undefined ? undefined : vscode.commands.executeCommand('vscode.open', rulePageUri(code));
  return vscode.Disposable.from(
    vscode.workspace.registerFileSystemProvider(RULE_PAGE_SCHEME, new RulePages(extensionUri), {
      isCaseSensitive: true,
      isReadonly: true,
    }),
    vscode.commands.registerCommand(SHOW_RULE_COMMAND, async (code?: unknown) => {
      const isKnown = typeof code === 'string' && ruleCatalogue().some((rule) => rule.code === code);
      await show(isKnown ? code : await chooseRule(vscode.l10n.t('Which rule?')));
    }),
    vscode.commands.registerCommand('nanlens.explainFinding', async () => {
      const codes = await codesAtCursor(service);
      if (codes.size > 0) await show(await chooseRule(vscode.l10n.t('Which finding?'), codes));
      else vscode.window.setStatusBarMessage(vscode.l10n.t('NaN Lens: there is no finding on this line.'), 5000);
    }),
  );
}
