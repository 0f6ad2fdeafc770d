// Puts the extension together: the same on the desktop and on the web.

import * as vscode from 'vscode';
import { AnalysisService } from './analysis/service';
import { EngineClient } from './engine/client';
import { systemClock } from './engine/clock';
import { Engine } from './engine/engine';
import { registerAgentTools } from './features/agent-tools';
import { CodeActions } from './features/code-actions';
import { registerCommands } from './features/commands';
import { registerConfigurationDiagnostics } from './features/configuration-diagnostics';
import { registerDebugInformation } from './features/debug-information';
import { registerDebugSteps } from './features/debug-steps';
import { ArmRecorder } from './features/debugging/arm-recorder';
import { BreakOnNan, type ShownHit } from './features/debugging/break-on-nan';
import { DebugSessions } from './features/debugging/debug-sessions';
import { registerLaunchConfiguration } from './features/debugging/launch-configuration';
import { registerDiagnostics } from './features/diagnostics';
import { rememberLastEdited } from './features/document-commands';
import { type DumpViewerApi, registerDumpViewer } from './features/dump-viewer';
import { registerFiniteChecks } from './features/finite-checks';
import { LanguageStatus } from './features/language-status';
import { registerRecorderCommands } from './features/recorder/commands';
import { DumpWatch, type NewDump } from './features/recorder/dump-watch';
import { registerRulePages, SHOW_RULE_COMMAND } from './features/rule-pages';
import { RuleFixes, RunEvidenceStore, registerRunEvidence } from './features/run-evidence';
import { registerValueHover } from './features/value-hover/hover';
import { registerWalkthrough } from './features/walkthrough';
import { WorkspaceCheck } from './features/workspace-check';
import type { Platform } from './platform';
import { Configurations } from './project/configurations';
import { ProjectFiles } from './project/project-files';
import { rememberSettings } from './settings';

async function loadBinaries(extensionUri: vscode.Uri): Promise<{ runtime: Uint8Array; language: Uint8Array }> {
  const read = (name: string): Thenable<Uint8Array> =>
    vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist', name));
  const [runtime, language] = await Promise.all([read('web-tree-sitter.wasm'), read('tree-sitter-python.wasm')]);
  return { runtime, language };
}

/** What `activate` gives to other code: how the analysis runs, the viewer's pages to ask what they show, what is news. */
export interface ExtensionApi {
  /** Undefined until something was analysed. */
  analysisRunsIn(): 'worker' | 'host' | undefined;
  readonly dumpViewer: DumpViewerApi;
  /** The dump that the status bar tells of. */
  newDump(): NewDump | undefined;
  /** Checks of more than what is open, and the view of all findings. */
  readonly workspaceCheck: WorkspaceCheck;
  /** The first NaN at which a debugger has stopped, while the session lasts. */
  firstNaN(): ShownHit | undefined;
}

export function activateOn(platform: Platform, context: vscode.ExtensionContext): ExtensionApi {
  const { extensionUri, subscriptions } = context;
  subscriptions.push(rememberSettings());
  const log = vscode.window.createOutputChannel('NaN Lens', { log: true });
  let status: LanguageStatus | undefined;
  const createEngine = (onState: () => void): EngineClient =>
    new EngineClient({
      connect: () => platform.connectWorker(extensionUri),
      loadBinaries: () => loadBinaries(extensionUri),
      createLocal: (binaries) => Engine.create(binaries),
      clock: systemClock,
      log: (message) => log.warn(message),
      onState,
    });
  const engine = createEngine(() => status?.refresh());
  const projects = new ProjectFiles(systemClock);
  const configurations = new Configurations(projects);
  const service = new AnalysisService(engine, configurations, log, systemClock);
  status = new LanguageStatus(service, engine);
  const workspaceCheck = new WorkspaceCheck({
    platform,
    service,
    engine,
    configurations,
    createEngine: () => createEngine(() => undefined),
    log,
    memory: context.workspaceState,
    clock: systemClock,
  });
  const runEvidence = new RunEvidenceStore((message) => log.info(message));
  subscriptions.push(
    log,
    engine,
    projects,
    configurations,
    service,
    status,
    workspaceCheck,
    registerConfigurationDiagnostics(configurations),
    registerDiagnostics(service, workspaceCheck.files, runEvidence),
    registerRunEvidence(runEvidence),
    registerAgentTools({ engine, configurations, platform }),
    registerValueHover(engine),
    registerRulePages(extensionUri, service),
    rememberLastEdited(),
    registerFiniteChecks(engine, log),
    registerDebugSteps(engine, log),
    registerWalkthrough(context.extension.id),
    registerRecorderCommands(extensionUri, engine, log),
    registerCommands(service, engine, configurations, log),
    registerDebugInformation({ context, platform, service, engine, configurations }),
    vscode.languages.registerCodeActionsProvider(
      { language: 'python' },
      new CodeActions(service, engine, configurations, log),
      CodeActions.metadata,
    ),
  );
  const dumpViewer = registerDumpViewer(context, {
    log: (message) => log.info(message),
    onShown: (uri, dump, locator) => void runEvidence.show(uri, dump, locator),
    fixes: new RuleFixes(engine, configurations),
    openRulePage: (code) => vscode.commands.executeCommand(SHOW_RULE_COMMAND, code),
    ...(platform.openFile ? { openFile: platform.openFile } : {}),
  });
  const dumpWatch = new DumpWatch(systemClock, (uri) => vscode.commands.executeCommand('nanlens.openDump', uri));
  const sessions = new DebugSessions();
  const breakOnNan = new BreakOnNan(engine, sessions, log);
  subscriptions.push(
    dumpWatch,
    sessions,
    breakOnNan,
    new ArmRecorder(extensionUri, sessions, systemClock, log),
    registerLaunchConfiguration(),
  );
  log.info(
    `Started on the ${platform.name}. Only Python that is open in an editor or that you ask to have checked is read, the JSON files that it names, and the pyproject.toml above it; nothing is run or sent.`,
  );
  return {
    analysisRunsIn: () => engine.place,
    dumpViewer,
    newDump: () => dumpWatch.shown,
    workspaceCheck,
    firstNaN: () => breakOnNan.shownHit,
  };
}
