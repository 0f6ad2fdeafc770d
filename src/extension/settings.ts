// Reads the settings of VS Code that hold for one file or notebook.

import * as vscode from 'vscode';
import { ruleCatalogue } from './rule-catalogue';
import { rawSettings, readSettings, type Settings } from './settings-model';

export const SECTION = 'nanlens';

/** What a person has set. What follows from a file's pyproject.toml besides, `Configurations` knows. */
export function settingsFor(resource: vscode.Uri | undefined): Settings {
  const settings = vscode.workspace.getConfiguration(SECTION, resource ?? null);
  // A default that nobody wrote must not count as a wish of the person's.
  const written = (name: string): unknown => {
    const { globalValue, workspaceValue, workspaceFolderValue } = settings.inspect(name) ?? {};
    const isWritten = [globalValue, workspaceValue, workspaceFolderValue].some((value) => value !== undefined);
    return isWritten ? settings.get(name) : undefined;
  };
  return readSettings(rawSettings(written), ruleCatalogue());
}
