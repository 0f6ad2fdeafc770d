// What checks of the workspace have found, as the files are saved, whether an editor shows them or not.

import * as vscode from 'vscode';
import type { PlacedFinding } from '../placed-finding';

export interface CheckedFile {
  readonly uri: vscode.Uri;
  readonly findings: readonly PlacedFinding[];
  /** Other files that the findings depend on, there or not. */
  readonly beside: ReadonlySet<string>;
}

export class CheckedFiles implements vscode.Disposable {
  private readonly files = new Map<string, CheckedFile>();
  private readonly changed = new vscode.EventEmitter<readonly vscode.Uri[]>();

  /** Fires with the files about which something else is known now. */
  readonly onDidChange = this.changed.event;

  get size(): number {
    return this.files.size;
  }

  all(): Iterable<CheckedFile> {
    return this.files.values();
  }

  get(uri: vscode.Uri): CheckedFile | undefined {
    return this.files.get(uri.toString());
  }

  set(file: CheckedFile): void {
    const key = file.uri.toString();
    const before = this.files.get(key);
    this.files.set(key, file);
    if ((before?.findings.length ?? 0) > 0 || file.findings.length > 0) this.changed.fire([file.uri]);
  }

  /** Forgets the files for which `isGone` holds. */
  drop(isGone: (file: CheckedFile) => boolean): void {
    const gone = [...this.files.values()].filter(isGone);
    for (const { uri } of gone) this.files.delete(uri.toString());
    if (gone.length > 0) this.changed.fire(gone.map(({ uri }) => uri));
  }

  dispose(): void {
    this.changed.dispose();
  }
}
