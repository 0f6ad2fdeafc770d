// What the viewer needs of the extension around it.

import type * as vscode from 'vscode';
import type { ByteSource, Dump } from '../../../dump/model';
import type { FrameLocator } from './frame-locator';

export interface DumpViewerServices {
  /** A line for the output channel. */
  log(message: string): void;
  /**
   * Reads a file by ranges where the host can do so, which editors' own file systems cannot: the desktop entry gives
   * `openNodeFile`, the web entry nothing.
   */
  openFile?(uri: vscode.Uri): Promise<ByteSource> | undefined;
  /** Takes in what the dump says of source lines, each time that it is read. */
  onShown?(uri: vscode.Uri, dump: Dump, locator: FrameLocator): void;
  /** Shows the page of a rule; without it rule codes are plain text. */
  openRulePage?(code: string): Thenable<unknown>;
}
