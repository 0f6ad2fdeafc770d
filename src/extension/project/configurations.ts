// What holds for one file: the settings of VS Code and the nearest pyproject.toml, put together.

import * as vscode from 'vscode';
import type { AnalysisConfig } from '../../analyzer/finding';
import { baselinePath } from '../../project/baseline';
import { configurationFor } from '../../project/configuration';
import { SECTION, settingsFor } from '../settings';
import type { Settings } from '../settings-model';
import type { ProjectFile, ProjectFiles } from './project-files';

export interface FileConfiguration {
  readonly settings: Settings;
  readonly config: AnalysisConfig;
  /** The pyproject.toml that has a say; undefined where there is none, or the person wants none. */
  readonly project: ProjectFile | undefined;
  /** Whether that file leaves this one out. */
  readonly isExcluded: boolean;
}

export class Configurations implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri | undefined>();
  private readonly subscriptions: readonly vscode.Disposable[];

  /** Fires when another configuration may hold: below a folder, or anywhere. */
  readonly onDidChange = this.changed.event;

  constructor(readonly projects: ProjectFiles) {
    this.subscriptions = [
      this.changed,
      projects.onDidChangeSettings((folder) => this.changed.fire(folder)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(SECTION)) this.changed.fire(undefined);
      }),
    ];
  }

  /** @param resource a Python file or a notebook, not one of its cells */
  async of(resource: vscode.Uri): Promise<FileConfiguration> {
    const settings = settingsFor(resource);
    const { layer: person, preference } = settings;
    const project = preference === 'editorOnly' ? undefined : await this.projects.nearest(resource);
    const path = project ? relativePath(project.folder, resource) : '';
    const baseline = knownFindings(project, resource);
    const config = { ...configurationFor({ person, project: project?.settings, path, preference }), ...baseline };
    return { settings, config, project, isExcluded: project?.settings?.exclude.matches(path) ?? false };
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

function knownFindings(project: ProjectFile | undefined, resource: vscode.Uri): Pick<AnalysisConfig, 'baseline'> {
  if (!project?.baseline || project.baseline.uri.scheme !== resource.scheme) return {};
  const { uri, entries } = project.baseline;
  const baseline = entries.get(baselinePath(vscode.Uri.joinPath(uri, '..').path, resource.path));
  return baseline ? { baseline } : {};
}

/** The path below the folder, with slashes; empty where the resource lies elsewhere. */
export function relativePath(folder: vscode.Uri, resource: vscode.Uri): string {
  const above = folder.path.endsWith('/') ? folder.path : `${folder.path}/`;
  return resource.scheme === folder.scheme && resource.path.startsWith(above) ? resource.path.slice(above.length) : '';
}
