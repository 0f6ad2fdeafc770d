// The read-only custom editor: documents are shared by all editors that show the same file.

import * as vscode from 'vscode';
import { DumpDocument } from './document';
import type { DumpViewerServices } from './services';
import { DumpSession } from './session';

/** Opens `*.nandump.json` by itself. */
export const dumpViewType = 'nanlens.dumpViewer';
/** The same viewer for logs and other artefacts, offered beside the text editor. */
export const logViewType = 'nanlens.logViewer';

export class DumpViewerProvider implements vscode.CustomReadonlyEditorProvider<DumpDocument>, vscode.Disposable {
  private readonly sessions = new Set<DumpSession>();
  private readonly opened = new vscode.EventEmitter<DumpSession>();
  /** Fires when an editor has been made, before its page is there. */
  readonly onDidOpen = this.opened.event;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly services: DumpViewerServices,
  ) {}

  openCustomDocument(uri: vscode.Uri): DumpDocument {
    const document = new DumpDocument(uri, this.services);
    void document.load();
    return document;
  }

  resolveCustomEditor(document: DumpDocument, panel: vscode.WebviewPanel): void {
    const session = new DumpSession(document, panel, this.extensionUri, this.services);
    this.sessions.add(session);
    panel.onDidDispose(() => {
      this.sessions.delete(session);
      session.dispose();
    });
    this.opened.fire(session);
  }

  /** The editor that has the focus, or shows `uri`. */
  find(uri?: vscode.Uri): DumpSession | undefined {
    const wanted = uri?.toString();
    const candidates = [...this.sessions].filter(({ document }) => !wanted || document.uri.toString() === wanted);
    return (
      candidates.findLast(({ panel }) => panel.active) ??
      candidates.findLast(({ panel }) => panel.visible) ??
      (wanted ? candidates.at(-1) : undefined)
    );
  }

  dispose(): void {
    for (const session of this.sessions) session.dispose();
    this.sessions.clear();
    this.opened.dispose();
  }
}
