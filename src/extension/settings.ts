// Reads the settings that hold for one file or notebook.

import * as vscode from 'vscode';
import { ruleCatalogue } from './rule-catalogue';
import { readSettings, type Settings } from './settings-model';

export const SECTION = 'nanlens';

export function settingsFor(resource: vscode.Uri | undefined): Settings {
  const settings = vscode.workspace.getConfiguration(SECTION, resource ?? null);
  return readSettings(
    {
      enable: settings.get('enable'),
      select: settings.get('select'),
      ignore: settings.get('ignore'),
      minConfidence: settings.get('minConfidence'),
      severity: settings.get('severity'),
      checkStyle: settings.get('checkpoints.style'),
      sequentialHooks: settings.get('checkpoints.sequentialHooks'),
      dumpNotice: settings.get('recorder.notify'),
    },
    ruleCatalogue(),
  );
}
