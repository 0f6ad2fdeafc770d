// The viewer as a feature of the extension: one call registers it, and what comes back lets tests talk with its pages.

import * as vscode from 'vscode';
import type { PageMethods } from '../../../protocol/messages';
import { ClipboardFiles, clipboardScheme } from './clipboard-files';
import { registerCommands } from './commands';
import { DumpViewerProvider, dumpViewType, logViewType } from './provider';
import type { DumpViewerServices } from './services';
import type { DumpSession } from './session';

export type { DumpViewerServices } from './services';

export type PageRequest = {
  readonly [K in keyof PageMethods]: { readonly method: K; readonly params: PageMethods[K]['params'] };
}[keyof PageMethods];

export interface DumpViewerApi {
  /**
   * Asks the page that shows `uri`, and gives its own answer. Waits up to 10 s for an editor and its page.
   * @throws Error, in words, where no editor shows the file, or its page refuses or does not answer.
   */
  request<R extends PageRequest>(uri: vscode.Uri, message: R): Promise<PageMethods[R['method']]['result']>;
}

export function registerDumpViewer(context: vscode.ExtensionContext, services: DumpViewerServices): DumpViewerApi {
  const provider = new DumpViewerProvider(context.extensionUri, services);
  const clipboard = new ClipboardFiles();
  const options = { supportsMultipleEditorsPerDocument: true, webviewOptions: { retainContextWhenHidden: false } };
  context.subscriptions.push(
    provider,
    clipboard,
    vscode.workspace.registerFileSystemProvider(clipboardScheme, clipboard, { isReadonly: true }),
    vscode.window.registerCustomEditorProvider(dumpViewType, provider, options),
    vscode.window.registerCustomEditorProvider(logViewType, provider, options),
    registerCommands(provider, clipboard),
  );
  return {
    async request(uri, { method, params }) {
      const session = provider.find(uri) ?? (await sessionOf(provider, uri));
      return session.request(method, params);
    },
  };
}

/** The editor of a file that is still about to be opened. */
function sessionOf(provider: DumpViewerProvider, uri: vscode.Uri): Promise<DumpSession> {
  return new Promise((resolve, reject) => {
    const listener = provider.onDidOpen((session) => {
      if (session.document.uri.toString() !== uri.toString()) return;
      clearTimeout(timer);
      listener.dispose();
      resolve(session);
    });
    const timer = setTimeout(() => {
      listener.dispose();
      reject(new Error(vscode.l10n.t('No viewer shows {0}.', uri.toString(true))));
    }, 10_000);
  });
}
