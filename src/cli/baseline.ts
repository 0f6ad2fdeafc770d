// `nanlens check` with a baseline: reading the one that holds for a file, and writing one from what was found.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { entriesOf, KnownFindings } from '../analyzer/baseline';
import type { AnalysisResult, BaselineEntry } from '../analyzer/finding';
import { type Baseline, baselinePath, formatBaseline, parseBaseline } from '../project/baseline';
import { UsageError } from './arguments';
import { createFile, replaceFile } from './atomic-write';
import { describeFileError, errorCode } from './file-error';
import { visible } from './terminal';

function withSlashes(file: string): string {
  return file.split(path.sep).join('/');
}

function nameIn(baselineFile: string, file: string): string {
  return baselinePath(withSlashes(path.dirname(baselineFile)), withSlashes(file));
}

interface Read {
  readonly baseline: Baseline;
  readonly bytes: Uint8Array;
}

/** @returns undefined where there is no such file @throws UsageError where it cannot be used */
async function readBaseline(file: string): Promise<Read | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new UsageError(`the baseline ${visible(file)} could not be read: ${describeFileError(error)}`);
  }
  const baseline = parseBaseline(new TextDecoder().decode(bytes));
  if (typeof baseline === 'string') throw new UsageError(visible(`the baseline ${file} ${baseline}`));
  return { baseline, bytes };
}

/** The baselines of one run: that of the command line, or those that projects name. */
export class Baselines {
  private readonly byFile = new Map<string, Promise<Baseline | undefined>>();
  /** Entries of what was checked that came to nothing, by baseline. */
  private readonly missing = new Map<string, number>();

  /** @param given the command line's, absolute; "none" where it wants none */
  constructor(
    private readonly given: string | 'none' | undefined,
    private readonly warn: (message: string) => void,
  ) {}

  /** @param named what the project names for the file (absolute) */
  async entriesFor(file: string, named: string | undefined): Promise<readonly BaselineEntry[]> {
    const chosen = this.chosen(named);
    if (chosen === undefined) return [];
    return (await this.load(chosen))?.get(nameIn(chosen, file)) ?? [];
  }

  /** What is not in the baseline; what is no longer there is counted. */
  async apply(
    file: string,
    named: string | undefined,
    results: readonly AnalysisResult[],
  ): Promise<readonly AnalysisResult[]> {
    const entries = await this.entriesFor(file, named);
    const chosen = this.chosen(named);
    if (entries.length === 0 || chosen === undefined) return results;
    const known = new KnownFindings(entries);
    const left = results.map((result) => ({
      ...result,
      findings: result.findings.filter((finding) => !known.takes(finding)),
    }));
    this.missing.set(chosen, (this.missing.get(chosen) ?? 0) + known.missing);
    return left;
  }

  /** Tells of what baselines hold that is no longer found: in what was checked, and in files that are gone. */
  async tellMissing(): Promise<void> {
    for (const [file, loading] of this.byFile) {
      const folder = path.dirname(file);
      const gone = [...((await loading) ?? [])].filter(([name]) => !existsSync(path.resolve(folder, name)));
      const ofGone = gone.flatMap(([, entries]) => entries).reduce((sum, { count }) => sum + count, 0);
      const count = ofGone + (this.missing.get(file) ?? 0);
      if (count === 0) continue;
      const what = count === 1 ? '1 finding is' : `${count} findings are`;
      const shown = visible(file);
      this.warn(
        `${what} in ${shown} but no longer in the code; "nanlens check --write-baseline ${shown}" takes that out`,
      );
    }
  }

  private chosen(named: string | undefined): string | undefined {
    return this.given === 'none' ? undefined : (this.given ?? named);
  }

  private load(file: string): Promise<Baseline | undefined> {
    const known = this.byFile.get(file);
    if (known) return known;
    const loading = readBaseline(file).then((read) => {
      if (read === undefined && file === this.given) throw new UsageError(`there is no baseline ${visible(file)}`);
      if (read === undefined) {
        this.warn(
          `there is no ${visible(file)}, which pyproject.toml names as baseline; "nanlens check --write-baseline ${visible(file)}" writes it`,
        );
      }
      return read?.baseline;
    });
    this.byFile.set(file, loading);
    return loading;
  }
}

/** Collects findings and writes them as a baseline. */
export class BaselineWriter {
  private readonly found = new Map<string, readonly BaselineEntry[]>();

  private constructor(
    private readonly file: string,
    private readonly before: Read | undefined,
  ) {}

  /** @throws UsageError where something else stands there, which is never overwritten */
  static async at(file: string): Promise<BaselineWriter> {
    return new BaselineWriter(file, await readBaseline(file));
  }

  /** @param file absolute */
  add(file: string, results: readonly AnalysisResult[]): void {
    this.found.set(nameIn(this.file, file), entriesOf(results.flatMap(({ findings }) => findings)));
  }

  /** What is known of files that were not checked now, and are still there, is kept. @returns a fault, or a sentence */
  async write(): Promise<{ readonly fault: string } | { readonly told: string }> {
    const folder = path.dirname(this.file);
    const kept = [...(this.before?.baseline ?? [])].filter(
      ([name]) => !this.found.has(name) && existsSync(path.resolve(folder, name)),
    );
    const bytes = new TextEncoder().encode(formatBaseline(new Map([...kept, ...this.found])));
    const fault = this.before
      ? await replaceFile(this.file, bytes, this.before.bytes)
      : await createFile(this.file, bytes);
    if (fault !== undefined) return { fault };
    const count = [...this.found.values()].flat().reduce((sum, entry) => sum + entry.count, 0);
    return { told: `Wrote ${count === 1 ? '1 finding' : `${count} findings`} to ${visible(this.file)}.` };
  }
}
