// What the viewer needs of the extension around it.

import type * as vscode from 'vscode';
import type { Anomaly, ByteSource, Dump } from '../../../dump/model';
import type { FixOffer, FixOutcome } from '../../../protocol/messages';
import type { FrameLocator } from './frame-locator';

/** Mends the line that an event blames, as it stands in the workspace now. */
export interface BlamedLineFixes {
  /** Must ask nothing of the person. Null where there is no fix. */
  offer(anomaly: Anomaly, locator: FrameLocator): Promise<FixOffer | null>;
  /** Asked for by the person, who may be asked back which file is meant. */
  apply(anomaly: Anomaly, locator: FrameLocator): Promise<FixOutcome>;
}

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
  /** Without it no fix is offered. */
  readonly fixes?: BlamedLineFixes;
}
