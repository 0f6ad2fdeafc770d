// *Print Debug Information*: what a report of a fault needs to say of versions, hosts and settings, and nothing of the code itself.

import * as vscode from 'vscode';
import { subjectOf } from '../analysis/scope';
import type { AnalysisService } from '../analysis/service';
import type { EngineClient } from '../engine/client';
import type { Platform } from '../platform';
import type { Configurations } from '../project/configurations';
import { settingsFor } from '../settings';

interface Sources {
  readonly context: vscode.ExtensionContext;
  readonly platform: Platform;
  readonly service: AnalysisService;
  readonly engine: EngineClient;
  readonly configurations: Configurations;
}

type Fact = readonly [name: string, value: unknown];

const section = (title: string, facts: readonly Fact[]): string =>
  [`## ${title}`, '', ...facts.map(([name, value]) => `- ${name}: ${JSON.stringify(value) ?? 'not set'}`), ''].join(
    '\n',
  );

function environment({ context, platform, engine }: Sources): readonly Fact[] {
  return [
    ['NaN Lens', (context.extension.packageJSON as { version?: string }).version],
    ['VS Code', `${vscode.version}, ${vscode.env.appName}`],
    ['extension host', `${platform.name}, ${vscode.env.remoteName ?? 'local'}`],
    ['user interface', vscode.env.uiKind === vscode.UIKind.Web ? 'browser' : 'desktop'],
    ['language', vscode.env.language],
    ['workspace is trusted', vscode.workspace.isTrusted],
    ['folders', (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.scheme)],
    ['analysis runs in', engine.place ?? 'nothing yet'],
    ['analysis is', engine.state],
    ...(engine.stopReason === undefined ? [] : [['it has stopped because', engine.stopReason] as const]),
  ];
}

/** Of the file only what kind of file it is: its name and its text may be nobody's business. */
async function activeFile(
  { service, configurations }: Sources,
  document: vscode.TextDocument,
): Promise<readonly Fact[]> {
  const subject = subjectOf(document);
  const facts: Fact[] = [
    ['language', document.languageId],
    ['kind', `${document.uri.scheme}, ${document.lineCount} lines, version ${document.version}`],
    ['is analysed', subject !== undefined],
  ];
  if (!subject) return facts;
  const { config, project, isExcluded } = await configurations.of(subject.uri);
  const analysis = service.analysisOf(document);
  return [
    ...facts,
    ['is being analysed now', service.isBusy(document)],
    ['findings', analysis?.findings.map(({ code }) => code)],
    ['findings are of the present text', analysis?.isFresh],
    ['problems', analysis?.problems],
    ['note', service.noteOn(document)],
    ['a pyproject.toml has a say', project !== undefined],
    ['it leaves the file out', isExcluded],
    ['rules selected', config.select],
    ['rules ignored', config.ignore],
    ['least confidence', config.minConfidence],
    ['severities', config.severity],
  ];
}

export async function debugInformation(sources: Sources): Promise<string> {
  const document = vscode.window.activeTextEditor?.document;
  const settings = settingsFor(document?.uri);
  return [
    '# NaN Lens: debug information',
    '',
    'For a report of a fault. It holds no text and no name of a file; read it once more before you send it.',
    '',
    section('Environment', environment(sources)),
    section('Settings', [
      ['nanlens.enable', settings.enabled],
      ['problems', settings.problems],
    ]),
    document ? section('Active file', await activeFile(sources, document)) : 'No file is active.\n',
  ].join('\n');
}

export function registerDebugInformation(sources: Sources): vscode.Disposable {
  return vscode.commands.registerCommand('nanlens.printDebugInformation', async () => {
    const content = await debugInformation(sources);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language: 'markdown' }));
  });
}
