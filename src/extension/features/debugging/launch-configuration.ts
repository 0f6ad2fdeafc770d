// The launch configuration with which NaN breakpoints see everything: offered in VS Code's list, and written by command.

import * as vscode from 'vscode';
import { refuse, tell } from '../document-commands';

export const ADD_CONFIGURATION_COMMAND = 'nanlens.addDebugConfiguration';

/**
 * Compiled code has no lines that a debugger could stop at. CUDA_LAUNCH_BLOCKING is left out: looking at a value waits for
 * it anyway, and all else would only be slower.
 */
const ENVIRONMENT = { TORCH_COMPILE_DISABLE: '1', JAX_DISABLE_JIT: '1' };

export function nanConfiguration(): vscode.DebugConfiguration {
  return {
    name: vscode.l10n.t('NaN Lens: debug this script'),
    type: 'debugpy',
    request: 'launch',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code puts the open file in
    program: '${file}',
    console: 'integratedTerminal',
    justMyCode: true,
    env: ENVIRONMENT,
  };
}

/** Puts the configuration at the end of the folder's launch.json, once. */
async function addConfiguration(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const folder =
    (document && vscode.workspace.getWorkspaceFolder(document.uri)) ?? vscode.workspace.workspaceFolders?.[0];
  if (!folder) return refuse(vscode.l10n.t('open a folder first: a debug configuration is kept in it.'));
  const launch = vscode.workspace.getConfiguration('launch', folder.uri);
  const present = launch.inspect<unknown>('configurations')?.workspaceFolderValue ?? [];
  const wanted = nanConfiguration();
  const configurations = Array.isArray(present) ? (present as Partial<vscode.DebugConfiguration>[]) : [];
  if (configurations.some(({ name }) => name === wanted.name)) {
    return tell(vscode.l10n.t('the debug configuration is there already: "{0}".', wanted.name));
  }
  try {
    await launch.update('configurations', [...configurations, wanted], vscode.ConfigurationTarget.WorkspaceFolder);
    tell(vscode.l10n.t('debug configuration added: "{0}".', wanted.name));
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
}

export function registerLaunchConfiguration(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider(
      'debugpy',
      { provideDebugConfigurations: () => [nanConfiguration()] },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.commands.registerCommand(ADD_CONFIGURATION_COMMAND, addConfiguration),
  );
}
