// Commands about the analysis itself: check a file, restart, show the log, switch on and off.

import * as vscode from 'vscode';
import type { AnalysisService } from '../analysis/service';
import type { EngineClient } from '../engine/client';
import type { Configurations } from '../project/configurations';
import { SECTION, settingsFor } from '../settings';

/** What "Commands…" of the language status offers, in this order. */
const MENU = [
  'nanlens.checkFile',
  'nanlens.insertFiniteChecks',
  'nanlens.removeFiniteChecks',
  'nanlens.addRecorder',
  'nanlens.removeRecorder',
  'nanlens.showRule',
  'nanlens.restart',
  'nanlens.showOutput',
  'nanlens.printDebugInformation',
  'nanlens.disableForWorkspace',
] as const;

function commandLabel(command: (typeof MENU)[number]): string {
  switch (command) {
    case 'nanlens.checkFile':
      return vscode.l10n.t('Check This File');
    case 'nanlens.insertFiniteChecks':
      return vscode.l10n.t('Insert Finite Checks…');
    case 'nanlens.removeFiniteChecks':
      return vscode.l10n.t('Remove Finite Checks');
    case 'nanlens.addRecorder':
      return vscode.l10n.t('Add Recorder to This Script');
    case 'nanlens.removeRecorder':
      return vscode.l10n.t('Remove Recorder from This Script');
    case 'nanlens.showRule':
      return vscode.l10n.t('Show Rule Documentation…');
    case 'nanlens.restart':
      return vscode.l10n.t('Restart Analysis');
    case 'nanlens.showOutput':
      return vscode.l10n.t('Show Output');
    case 'nanlens.printDebugInformation':
      return vscode.l10n.t('Print Debug Information');
    case 'nanlens.disableForWorkspace':
      return vscode.l10n.t('Disable for This Workspace');
  }
}

async function showCommands(): Promise<void> {
  const items = MENU.map((command) => ({ label: commandLabel(command), command }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'NaN Lens' });
  if (chosen) await vscode.commands.executeCommand(chosen.command);
}

async function checkFile(service: AnalysisService): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== 'python') {
    await vscode.window.showWarningMessage(
      vscode.l10n.t('NaN Lens: open a Python file or a Python notebook cell first.'),
    );
    return;
  }
  const analysis = await service.check(document);
  const count = analysis?.findings.length;
  const message =
    count === undefined
      ? (service.noteOn(document) ?? vscode.l10n.t('This text is not analysed.'))
      : vscode.l10n.t('findings: {0}.', count);
  vscode.window.setStatusBarMessage(vscode.l10n.t('NaN Lens: {0}', message), 5000);
  if (count !== undefined && count > 0) await vscode.commands.executeCommand('workbench.actions.view.problems');
}

async function setEnabled(enabled: boolean): Promise<void> {
  const hasWorkspace = vscode.workspace.workspaceFile !== undefined || vscode.workspace.workspaceFolders !== undefined;
  const target = hasWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration(SECTION).update('enable', enabled, target);
  const isEnabled = settingsFor(vscode.window.activeTextEditor?.document.uri).enabled;
  if (isEnabled !== enabled) {
    await vscode.window.showWarningMessage(
      vscode.l10n.t('NaN Lens: a setting of the folder overrides nanlens.enable, so nothing changes here.'),
    );
  }
}

export function registerCommands(
  service: AnalysisService,
  engine: EngineClient,
  configurations: Configurations,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const { registerCommand } = vscode.commands;
  return vscode.Disposable.from(
    registerCommand('nanlens.checkFile', () => checkFile(service)),
    registerCommand('nanlens.restart', () => {
      log.info('Restarted by command.');
      engine.restart();
      configurations.projects.refresh();
      service.analyzeEverything();
    }),
    registerCommand('nanlens.showOutput', () => log.show()),
    registerCommand('nanlens.showCommands', showCommands),
    registerCommand('nanlens.enableForWorkspace', () => setEnabled(true)),
    registerCommand('nanlens.disableForWorkspace', () => setEnabled(false)),
  );
}
