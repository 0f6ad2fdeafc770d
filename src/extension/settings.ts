// Reads the settings of VS Code that hold for one file or notebook.

import * as vscode from 'vscode';
import { ruleCatalogue } from './rule-catalogue';
import { rawSettings, readSettings, type Settings } from './settings-model';

export const SECTION = 'nanlens';

/** Files whose settings are remembered at a time. */
const MOST_REMEMBERED = 500;
let remembered: Map<string, Settings> | undefined;

/**
 * From here on each file's settings are read once until they change: VS Code takes milliseconds to tell them, and they
 * are asked for at every key. To be called before anything else listens for changes, which must find the new ones.
 */
export function rememberSettings(): vscode.Disposable {
  const files = new Map<string, Settings>();
  remembered = files;
  const forget = (): void => files.clear();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration(forget),
    vscode.workspace.onDidChangeWorkspaceFolders(forget),
    vscode.workspace.onDidGrantWorkspaceTrust(forget),
    { dispose: () => (remembered = undefined) },
  );
}

/** What a person has set. What follows from a file's pyproject.toml besides, `Configurations` knows. */
export function settingsFor(resource: vscode.Uri | undefined): Settings {
  const key = resource?.toString() ?? '';
  const known = remembered?.get(key);
  if (known) return known;
  const settings = read(resource);
  if (remembered && remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered?.set(key, settings);
  return settings;
}

function read(resource: vscode.Uri | undefined): Settings {
  const settings = vscode.workspace.getConfiguration(SECTION, resource ?? null);
  // A default that nobody wrote must not count as a wish of the person's.
  const written = (name: string): unknown => {
    const { globalValue, workspaceValue, workspaceFolderValue } = settings.inspect(name) ?? {};
    const isWritten = [globalValue, workspaceValue, workspaceFolderValue].some((value) => value !== undefined);
    return isWritten ? settings.get(name) : undefined;
  };
  return readSettings(rawSettings(written), ruleCatalogue());
}
