// The fix that a rule offers on the line that a run blames, found without opening the file and applied when asked for.

import * as vscode from 'vscode';
import type { Finding, Fix } from '../../../analyzer/finding';
import type { Anomaly } from '../../../dump/model';
import type { FixOffer, FixOutcome } from '../../../protocol/messages';
import { filesBeside, NOTHING_BESIDE } from '../../analysis/beside';
import { ANALYSIS_BUDGET } from '../../analysis/service';
import type { EngineClient } from '../../engine/client';
import type { Configurations } from '../../project/configurations';
import { addEdits } from '../../ranges';
import { FrameFiles } from '../dump-viewer/frame-files';
import type { FrameLocator } from '../dump-viewer/frame-locator';
import { locateLine } from '../dump-viewer/path-suffix';
import type { BlamedLineFixes } from '../dump-viewer/services';

export class RuleFixes implements BlamedLineFixes {
  constructor(
    private readonly engine: EngineClient,
    private readonly configurations: Configurations,
  ) {}

  async offer(anomaly: Anomaly, locator: FrameLocator): Promise<FixOffer | null> {
    const { source } = anomaly;
    const uri = source ? await locator.locateQuietly(source.path) : undefined;
    const text = uri && (await FrameFiles.text(uri));
    if (!uri || text === undefined) return null;
    const [best] = await this.fixes(anomaly, uri, text);
    return best ? { title: titleOf(best) } : null;
  }

  async apply(anomaly: Anomaly, locator: FrameLocator): Promise<FixOutcome> {
    const { source } = anomaly;
    if (!source) return { outcome: 'refused', message: vscode.l10n.t('The run does not say which line it was.') };
    const located = await locator.locate(source.path);
    if (located.kind === 'cancelled') return { outcome: 'cancelled', message: '' };
    if (located.kind === 'not-found') return { outcome: 'refused', message: located.reason };
    const document = await vscode.workspace.openTextDocument(located.uri);
    const { version } = document;
    const fixes = await this.fixes(anomaly, document.uri, document.getText());
    if (fixes.length === 0) {
      return { outcome: 'refused', message: vscode.l10n.t('No rule offers a fix for the line as it stands now.') };
    }
    const fix = fixes.length === 1 ? fixes[0] : await choose(fixes);
    if (!fix) return { outcome: 'cancelled', message: '' };
    if (document.version !== version) {
      return { outcome: 'refused', message: vscode.l10n.t('The file has changed in the meantime.') };
    }
    if (!(await vscode.workspace.applyEdit(addEdits(new vscode.WorkspaceEdit(), document, fix.edits)))) {
      return { outcome: 'refused', message: vscode.l10n.t('The file cannot be changed.') };
    }
    const line = document.positionAt(fix.edits[0]?.span.start ?? 0);
    const selection = new vscode.Range(line, line);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, selection });
    const label = vscode.workspace.asRelativePath(document.uri);
    return { outcome: 'applied', message: vscode.l10n.t('{0} in {1}.', titleOf(fix), label) };
  }

  /** What rules offer on the blamed line, if it still reads as it did, the likeliest first. */
  private async fixes(anomaly: Anomaly, uri: vscode.Uri, text: string): Promise<readonly Fix[]> {
    const { source, rules } = anomaly;
    const { settings, config } = await this.configurations.of(uri);
    if (!source || !settings.enabled || !uri.path.endsWith('.py')) return [];
    const lines = text.split(/\r\n|\r|\n/);
    const { kind, line } = locateLine(lines, source.line, source.text);
    if (kind === 'differs') return [];
    const reading = filesBeside(uri, [text]);
    const { texts } = reading ? await reading : NOTHING_BESIDE;
    const outcome = await this.engine.request(
      `fix of a run ${uri.toString()}`,
      {
        kind: 'analyze',
        program: { cells: [text], isNotebook: false },
        config: { ...config, files: texts },
      },
      ANALYSIS_BUDGET,
    );
    const findings = outcome.kind === 'done' ? (outcome.value[0]?.findings ?? []) : [];
    const span = spanOfLine(text, line);
    const here = findings.filter((finding) => finding.span.start <= span.end && finding.span.end >= span.start);
    return [...here].sort((a, b) => rank(a, rules) - rank(b, rules)).flatMap((finding) => finding.fixes);
  }
}

/** Findings of the rules that the run itself speaks of come first. */
function rank({ code }: Finding, rules: readonly string[]): number {
  return rules.includes(code) ? 0 : 1;
}

async function choose(fixes: readonly Fix[]): Promise<Fix | undefined> {
  const items = fixes.map((fix) => ({ label: titleOf(fix), fix }));
  const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Which fix?') });
  return picked?.fix;
}

function titleOf(fix: Fix): string {
  return fix.safety === 'safe' ? fix.title : vscode.l10n.t('{0} (may change results)', fix.title);
}

/** Offsets of a 1-based line, without its end. */
function spanOfLine(text: string, line: number): { readonly start: number; readonly end: number } {
  const ends = /\r\n|\r|\n/g;
  let start = 0;
  for (let at = 1; at < line; at++) {
    if (!ends.exec(text)) break;
    start = ends.lastIndex;
  }
  const end = ends.exec(text);
  return { start, end: end ? end.index : text.length };
}
