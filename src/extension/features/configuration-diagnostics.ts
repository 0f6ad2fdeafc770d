// Shows what is wrong in the settings on its line: in pyproject.toml, settings.json and .code-workspace.

import * as vscode from 'vscode';
import { LineIndex } from '../../text/line-index';
import type { Span } from '../../text/span';
import { SOURCE } from '../diagnostic-model';
import type { Configurations } from '../project/configurations';
import { settingProblems } from '../project/settings-file';
import { ruleCatalogue } from '../rule-catalogue';
import { SECTION, settingsFor } from '../settings';
import { textOf } from '../text-of';

/** Bytes; longer settings are nobody's. */
const LONGEST_FILE = 5_000_000;

export function registerConfigurationDiagnostics(configurations: Configurations): vscode.Disposable {
  const projects = new ProjectDiagnostics(configurations);
  const settings = new SettingsDiagnostics();
  return vscode.Disposable.from(projects, settings);
}

function diagnostic(
  lines: LineIndex,
  { message, span }: { readonly message: string; readonly span: Span },
  severity: vscode.DiagnosticSeverity,
): vscode.Diagnostic {
  const at = (offset: number): vscode.Position => {
    const { line, column } = lines.position(offset);
    return new vscode.Position(line, column);
  };
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`.replace(/([^.?!)])$/, '$1.');
  const found = new vscode.Diagnostic(new vscode.Range(at(span.start), at(span.end)), sentence, severity);
  found.source = SOURCE;
  return found;
}

/** Problems of every pyproject.toml that is open or that holds for a Python file that is. */
class ProjectDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('nanlens-pyproject');
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(private readonly configurations: Configurations) {
    const { projects } = configurations;
    this.subscriptions = [
      this.collection,
      projects.onDidRead((uri) => void this.publish(uri)),
      configurations.onDidChange(() => {
        for (const uri of projects.files()) void this.publish(uri);
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async publish(uri: vscode.Uri): Promise<void> {
    const file = await this.configurations.projects.at(uri);
    const isAsked = settingsFor(uri).enabled && settingsFor(uri).preference !== 'editorOnly';
    const problems = isAsked ? (file?.problems ?? []) : [];
    if (!file || problems.length === 0) return this.collection.delete(uri);
    const lines = new LineIndex(file.text);
    this.collection.set(
      uri,
      problems.map((problem) => {
        const isFault = problem.severity === 'error';
        const severity = isFault ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
        return diagnostic(lines, problem, severity);
      }),
    );
  }
}

interface SettingsDocument {
  readonly uri: vscode.Uri;
  readonly inside: readonly string[];
}

/** Problems of the workspace's own settings; the file of the user's settings is none that an extension may look up. */
class SettingsDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('nanlens-settings');
  private readonly subscriptions: readonly vscode.Disposable[];
  private turn = 0;

  constructor() {
    const refresh = (): void => void this.refresh();
    const refreshIfOurs = (uri: vscode.Uri): void => {
      if (settingsDocuments().some((each) => each.uri.toString() === uri.toString())) refresh();
    };
    this.subscriptions = [
      this.collection,
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(SECTION)) refresh();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(refresh),
      vscode.workspace.onDidChangeTextDocument(({ document }) => refreshIfOurs(document.uri)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => refreshIfOurs(uri)),
    ];
    refresh();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async refresh(): Promise<void> {
    const turn = ++this.turn;
    const found: [vscode.Uri, vscode.Diagnostic[]][] = [];
    for (const { uri, inside } of settingsDocuments()) {
      const text = await textOf(uri, LONGEST_FILE);
      if (text === undefined) continue;
      const lines = new LineIndex(text);
      const problems = settingProblems(text, ruleCatalogue(), inside);
      found.push([uri, problems.map((each) => diagnostic(lines, each, vscode.DiagnosticSeverity.Warning))]);
    }
    if (turn !== this.turn) return;
    this.collection.clear();
    this.collection.set(found);
  }
}

function settingsDocuments(): SettingsDocument[] {
  const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
  const ofFolders = workspaceFolders.map(({ uri }) => ({
    uri: vscode.Uri.joinPath(uri, '.vscode', 'settings.json'),
    inside: [],
  }));
  // A workspace that was never saved has a file too, of no use to anyone.
  const isSaved = workspaceFile !== undefined && workspaceFile.scheme !== 'untitled';
  return isSaved ? [...ofFolders, { uri: workspaceFile, inside: ['settings'] }] : ofFolders;
}
