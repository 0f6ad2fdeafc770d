// Which open documents are analysed: Python that a person edits, alone or as the cells of a notebook.

import * as vscode from 'vscode';

/** A file, or a notebook whose code cells make one program. */
export type Subject =
  | { readonly key: string; readonly uri: vscode.Uri; readonly document: vscode.TextDocument }
  | { readonly key: string; readonly uri: vscode.Uri; readonly notebook: vscode.NotebookDocument };

const CELL_SCHEME = 'vscode-notebook-cell';

/**
 * Whether the text is one that a person can write to. Old versions in a diff, output channels, review comments and
 * other views of text are made by providers that either cannot be written or are no file systems at all.
 */
function isEditable(uri: vscode.Uri): boolean {
  if (uri.scheme === 'file' || uri.scheme === 'untitled') return true;
  return vscode.workspace.fs.isWritableFileSystem(uri.scheme) === true;
}

/** The Python code cells, in their order; the program that a notebook is. */
export function pythonCells(notebook: vscode.NotebookDocument): vscode.TextDocument[] {
  return notebook
    .getCells()
    .filter((cell) => cell.kind === vscode.NotebookCellKind.Code && cell.document.languageId === 'python')
    .map((cell) => cell.document);
}

export function notebookOf(document: vscode.TextDocument): vscode.NotebookDocument | undefined {
  if (document.uri.scheme !== CELL_SCHEME) return undefined;
  return vscode.workspace.notebookDocuments.find((notebook) =>
    notebook.getCells().some((cell) => cell.document === document),
  );
}

/** The subject that the document belongs to, shown or not; undefined where it is none of ours. */
export function subjectOf(document: vscode.TextDocument): Subject | undefined {
  if (document.languageId !== 'python' || document.isClosed) return undefined;
  if (document.uri.scheme === CELL_SCHEME) {
    const notebook = notebookOf(document);
    return notebook ? notebookSubject(notebook) : undefined;
  }
  return isEditable(document.uri) ? { key: document.uri.toString(), uri: document.uri, document } : undefined;
}

function notebookSubject(notebook: vscode.NotebookDocument): Subject | undefined {
  if (notebook.isClosed || pythonCells(notebook).length === 0) return undefined;
  // The interactive window's notebook has a scheme of its own, which no file system stands behind.
  const isOurs = isEditable(notebook.uri) || notebook.notebookType === 'interactive';
  return isOurs ? { key: notebook.uri.toString(), uri: notebook.uri, notebook } : undefined;
}

/** The documents of a subject in the order of its cells. */
export function documentsOf(subject: Subject): vscode.TextDocument[] {
  return 'document' in subject ? [subject.document] : pythonCells(subject.notebook);
}

/** URIs that some tab shows, the old side of a diff included: whether that is ours is decided by its scheme. */
function shownInTabs(): Set<string> {
  const shown = new Set<string>();
  for (const { input } of vscode.window.tabGroups.all.flatMap((group) => group.tabs)) {
    if (
      input instanceof vscode.TabInputText ||
      input instanceof vscode.TabInputCustom ||
      input instanceof vscode.TabInputNotebook
    ) {
      shown.add(input.uri.toString());
    } else if (input instanceof vscode.TabInputTextDiff || input instanceof vscode.TabInputNotebookDiff) {
      shown.add(input.original.toString());
      shown.add(input.modified.toString());
    }
  }
  return shown;
}

/** Every subject that is open in an editor. Documents that only other extensions have loaded are nobody's business. */
export function openSubjects(): Map<string, Subject> {
  const shown = shownInTabs();
  const visible = new Set(vscode.window.visibleTextEditors.map((editor) => editor.document));
  const visibleNotebooks = new Set(vscode.window.visibleNotebookEditors.map((editor) => editor.notebook));
  const subjects = new Map<string, Subject>();
  const add = (subject: Subject | undefined): void => {
    if (subject) subjects.set(subject.key, subject);
  };
  for (const document of vscode.workspace.textDocuments) {
    if (document.uri.scheme === CELL_SCHEME) continue;
    if (shown.has(document.uri.toString()) || visible.has(document)) add(subjectOf(document));
  }
  for (const notebook of vscode.workspace.notebookDocuments) {
    if (shown.has(notebook.uri.toString()) || visibleNotebooks.has(notebook)) add(notebookSubject(notebook));
  }
  return subjects;
}
