// What opened dumps say of the source files here: paths of other machines mapped, lines found again as the text changes.

import * as vscode from 'vscode';
import { type BlamedLine, evidenceOf, type ObservedLine, type SourceLine } from '../../../dump/evidence';
import type { Dump } from '../../../dump/model';
import { FrameFiles } from '../dump-viewer/frame-files';
import type { FrameLocator } from '../dump-viewer/frame-locator';
import { locateLine } from '../dump-viewer/path-suffix';

/** A line of evidence with the dump that it is from. */
export type OfRun<T extends SourceLine> = T & {
  readonly dump: vscode.Uri;
  /** What the line must read for the evidence to hold; null where that is known of neither the run nor the file. */
  readonly wanted: string | null;
};

/** Where a line of evidence stands now, 1-based. */
export interface Placed<T extends SourceLine> {
  readonly line: number;
  readonly evidence: OfRun<T>;
}

interface FileEvidence {
  readonly blamed: OfRun<BlamedLine>[];
  readonly observed: OfRun<ObservedLine>[];
}

interface Run {
  readonly dump: Dump;
  readonly locator: FrameLocator;
  readonly learned: vscode.Disposable;
  /** By the file's URI. */
  files: ReadonlyMap<string, FileEvidence>;
}

const CONTEXT_KEY = 'nanlens.hasRunEvidence';
/** Each needs a search through the workspace. */
const mostPaths = 200;

export class RunEvidenceStore implements vscode.Disposable {
  private readonly runs = new Map<string, Run>();
  private readonly changed = new vscode.EventEmitter<ReadonlySet<string>>();
  /** Fires with the URIs of files of which other things are known now. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly log: (message: string) => void) {}

  /** Takes in what a dump says, in place of what it said before. */
  async show(uri: vscode.Uri, dump: Dump, locator: FrameLocator): Promise<void> {
    const key = uri.toString();
    const before = this.runs.get(key);
    if (before?.dump === dump) return;
    before?.learned.dispose();
    const run: Run = {
      dump,
      locator,
      // An answer to "Which file is this?" holds for all lines of the run.
      learned: locator.onDidLearn(() => void this.resolve(uri, run)),
      files: before?.files ?? new Map(),
    };
    this.runs.set(key, run);
    await this.resolve(uri, run);
  }

  /** Forgets all runs; each is taken in again when its dump is opened or changes. */
  clear(): void {
    const files = this.files();
    for (const run of this.runs.values()) run.learned.dispose();
    this.runs.clear();
    this.tell(files);
  }

  /** URIs of all files of which something is known. */
  files(): ReadonlySet<string> {
    return new Set([...this.runs.values()].flatMap(({ files }) => [...files.keys()]));
  }

  /** Blamed lines that still read as they did in the run. */
  blamed(file: string, lines: readonly string[]): Placed<BlamedLine>[] {
    return this.of(file).flatMap(({ blamed }) => placed(blamed, lines));
  }

  /** What ran on a line (1-based) that still reads as it did in the run. */
  observed(file: string, lines: readonly string[], line: number): OfRun<ObservedLine>[] {
    const text = lines[line - 1]?.trim();
    // Thousands of lines may be known; to find where each is now would take as many searches through the file.
    const evidence = this.of(file).flatMap(({ observed }) => observed.filter(({ wanted }) => wanted?.trim() === text));
    return placed(evidence, lines)
      .filter((one) => one.line === line)
      .map((one) => one.evidence);
  }

  dispose(): void {
    for (const run of this.runs.values()) run.learned.dispose();
    this.runs.clear();
    this.changed.dispose();
  }

  private of(file: string): FileEvidence[] {
    return [...this.runs.values()].flatMap(({ files }) => files.get(file) ?? []);
  }

  private async resolve(uri: vscode.Uri, run: Run): Promise<void> {
    try {
      const files = await filesOf(uri, run);
      // Cleared, or shown anew in the meantime.
      if (this.runs.get(uri.toString()) !== run) return;
      const touched = new Set([...run.files.keys(), ...files.keys()]);
      run.files = files;
      this.tell(touched);
    } catch (error) {
      this.log(`Evidence of ${uri.toString(true)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private tell(files: ReadonlySet<string>): void {
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, this.files().size > 0);
    if (files.size > 0) this.changed.fire(files);
  }
}

async function filesOf(dump: vscode.Uri, { dump: content, locator }: Run): Promise<Map<string, FileEvidence>> {
  const { blamed, observed } = evidenceOf(content);
  const files = new Map<string, FileEvidence>();
  const paths = new Set([...blamed, ...observed].map(({ path }) => path));
  for (const path of [...paths].slice(0, mostPaths)) {
    const file = await locator.locateQuietly(path);
    const lines = file && (await FrameFiles.lines(file));
    if (!file || !lines) continue;
    const own = <T extends SourceLine>(all: readonly T[]): OfRun<T>[] =>
      all
        .filter((one) => one.path === path)
        .map((one) => ({ ...one, dump, wanted: one.text ?? lines[one.line - 1] ?? null }));
    const known = files.get(file.toString());
    files.set(file.toString(), {
      blamed: [...(known?.blamed ?? []), ...own(blamed)],
      observed: [...(known?.observed ?? []), ...own(observed)],
    });
  }
  return files;
}

/** Evidence whose line is still there. What is known of a line that was changed is known no longer. */
function placed<T extends SourceLine>(evidence: readonly OfRun<T>[], lines: readonly string[]): Placed<T>[] {
  return evidence.flatMap((one) => {
    if (!one.wanted?.trim()) return [];
    const { kind, line } = locateLine(lines, one.line, one.wanted);
    return kind === 'same' || kind === 'moved' ? [{ line, evidence: one }] : [];
  });
}
