// What host tests do over and over with documents, diagnostics and code actions, through VS Code's public API only.
import * as vscode from 'vscode';
import { eventually } from './suite';

export function workspaceFolder(): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new Error('The suite needs an open folder');
  return folder.uri;
}

/** Writes a file of the workspace, below `scratch/`, and returns its URI once VS Code shows no older text of it. */
export async function writeFile(name: string, content: string | Uint8Array): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(workspaceFolder(), 'scratch', name);
  await vscode.workspace.fs.writeFile(uri, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  if (typeof content === 'string') {
    // A document outlives its editor for a while, and hears of the disk later than the disk changes.
    await eventually(`${name} is read again where it is open`, () => {
      const open = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri.toString());
      return !open || open.isDirty || open.getText() === content;
    });
  }
  return uri;
}

/** Writes a file and shows it in an editor. */
export async function openFile(name: string, content: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await writeFile(name, content));
}

/** Types at a place, one character after another, as a person does. */
export async function typeText(editor: vscode.TextEditor, at: vscode.Position, text: string): Promise<void> {
  editor.selection = new vscode.Selection(at, at);
  for (const character of text) await vscode.commands.executeCommand('type', { text: character });
}

/** Replaces the whole text in one edit. */
export async function replaceText(editor: vscode.TextEditor, text: string): Promise<void> {
  const { document } = editor;
  const whole = new vscode.Range(new vscode.Position(0, 0), document.positionAt(document.getText().length));
  const done = await editor.edit((builder) => builder.replace(whole, text));
  if (!done) throw new Error('The editor refused the edit');
}

/** A diagnostic's rule code, whether it stands alone or beside a link. */
export function codeOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}

/** This extension's diagnostics on a file. */
export function diagnosticsOf(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter((diagnostic) => diagnostic.source === 'NaN Lens');
}

/** Waits until the codes of a file's diagnostics are exactly these, in order of their place, and returns them. */
export async function diagnosticsToBe(uri: vscode.Uri, codes: readonly string[]): Promise<vscode.Diagnostic[]> {
  const wanted = JSON.stringify(codes);
  const sorted = (): vscode.Diagnostic[] => diagnosticsOf(uri).sort((a, b) => a.range.start.compareTo(b.range.start));
  try {
    return await eventually(`diagnostics ${wanted}`, () => {
      const found = sorted();
      return JSON.stringify(found.map(codeOf)) === wanted && found;
    });
  } catch {
    throw new Error(`Diagnostics of ${uri.path} should be ${wanted}, are ${JSON.stringify(sorted().map(codeOf))}`);
  }
}

/** The code actions that the light bulb offers on a range. */
export async function codeActions(
  document: vscode.TextDocument,
  range: vscode.Range,
  kind: vscode.CodeActionKind = vscode.CodeActionKind.QuickFix,
): Promise<vscode.CodeAction[]> {
  const actions = await vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    kind.value,
    50,
  );
  return actions.filter((action): action is vscode.CodeAction => typeof action.command !== 'string');
}

/** Applies a code action as the editor does: its edit first, then its command. */
export async function applyCodeAction(action: vscode.CodeAction): Promise<void> {
  if (action.edit && !(await vscode.workspace.applyEdit(action.edit))) throw new Error(`"${action.title}" was refused`);
  if (action.command) {
    await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
  }
}

/** Leaves no editor, no unsaved change and no file of `scratch/` behind. */
export async function closeEverything(): Promise<void> {
  // VS Code has this command for tests alone; closing a changed editor would ask whether to save it.
  await vscode.commands.executeCommand('_workbench.revertAllDirty');
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  const scratch = vscode.Uri.joinPath(workspaceFolder(), 'scratch');
  try {
    await vscode.workspace.fs.delete(scratch, { recursive: true });
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError && error.code === 'FileNotFound')) throw error;
  }
}
