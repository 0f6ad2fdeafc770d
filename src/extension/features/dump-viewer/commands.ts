// Commands that open an artefact in the viewer, from a file or from the clipboard, and that copy what it says.

import * as vscode from 'vscode';
import type { ClipboardFiles } from './clipboard-files';
import { dumpAsMarkdown } from './markdown';
import { type DumpViewerProvider, dumpViewType, logViewType } from './provider';

export function registerCommands(provider: DumpViewerProvider, clipboard: ClipboardFiles): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('nanlens.openDump', (uri?: unknown, selected?: unknown) =>
      openDumps(clipboard, uri, selected),
    ),
    vscode.commands.registerCommand('nanlens.openDumpFromClipboard', () => openClipboard(clipboard)),
    vscode.commands.registerCommand('nanlens.copyDumpAsMarkdown', (uri?: unknown) => copyAsMarkdown(provider, uri)),
  );
}

/** From the explorer the first argument is the file clicked, the second all that are selected. */
async function openDumps(clipboard: ClipboardFiles, uri: unknown, selected: unknown): Promise<void> {
  const listed = Array.isArray(selected) ? selected.filter((one) => one instanceof vscode.Uri) : [];
  if (listed.length > 0) return openAll(listed);
  if (uri instanceof vscode.Uri) return openAll([uri]);
  await ask(clipboard);
}

async function ask(clipboard: ClipboardFiles): Promise<void> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const items: (vscode.QuickPickItem & { run(): Promise<void> })[] = [
    { label: `$(file) ${vscode.l10n.t('Choose a File…')}`, run: browse },
    {
      label: `$(folder-opened) ${vscode.l10n.t('Choose a Folder…')}`,
      detail: vscode.l10n.t('All that one run has left, told as one story'),
      run: browseFolder,
    },
    {
      label: `$(clippy) ${vscode.l10n.t('From the Clipboard')}`,
      detail: vscode.l10n.t('Reads a log that you have copied'),
      run: () => openClipboard(clipboard),
    },
  ];
  if (active && active.scheme !== 'untitled' && active.scheme !== 'output') {
    const item = {
      label: `$(file) ${vscode.workspace.asRelativePath(active)}`,
      description: vscode.l10n.t('active editor'),
      run: () => openAll([active]),
    };
    // Who looks at a log when calling for the viewer most likely means that log.
    if (/\.(?:log|txt|out|err|json|jsonl|nanlog)$/i.test(active.path)) items.unshift(item);
    else items.push(item);
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Open Anomaly Log or Dump'),
    placeHolder: vscode.l10n.t('What did the dead run leave behind?'),
  });
  await picked?.run();
}

async function browse(): Promise<void> {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Open Anomaly Log or Dump'),
    canSelectMany: true,
    filters: {
      [vscode.l10n.t('Logs and dumps')]: ['log', 'txt', 'out', 'err', 'json', 'jsonl', 'ipynb', 'csv', 'gz'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  await openAll(files ?? []);
}

async function browseFolder(): Promise<void> {
  const folders = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Open Folder of a Run'),
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: true,
  });
  await openAll(folders ?? []);
}

async function openAll(uris: readonly vscode.Uri[]): Promise<void> {
  for (const uri of uris) {
    const viewType = /\.nandump\.json$|\.tfevents\.|\.gz$/.test(uri.path) ? dumpViewType : logViewType;
    await vscode.commands.executeCommand('vscode.openWith', uri, viewType, { preview: uris.length === 1 });
  }
}

async function openClipboard(clipboard: ClipboardFiles): Promise<void> {
  const text = await vscode.env.clipboard.readText();
  if (text.trim() === '') {
    void vscode.window.showInformationMessage(vscode.l10n.t('The clipboard holds no text.'));
    return;
  }
  await openAll([clipboard.add(text)]);
}

async function copyAsMarkdown(provider: DumpViewerProvider, uri: unknown): Promise<void> {
  const shown = provider.find(uri instanceof vscode.Uri ? uri : undefined)?.document.shown;
  if (!shown) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Open an anomaly log or dump first.'));
    return;
  }
  await vscode.env.clipboard.writeText(dumpAsMarkdown(shown.view));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied as Markdown.'), 4000);
}
