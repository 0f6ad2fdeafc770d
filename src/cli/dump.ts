// `nanlens dump`: what the log or dump of a dead run says.

import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { dumpToJson } from '../dump/json';
import type { ReadResult } from '../dump/model';
import { openDump } from '../dump/open';
import { mergeByStep, type NamedDump } from '../dump/ranks';
import type { CommandSpec, ParsedArguments } from './arguments';
import { type Context, EXIT, type ExitCode } from './context';
import { displayPath, EXCLUDED_FOLDERS } from './discovery';
import { dumpToText } from './dump-text';
import { describeFileError } from './file-error';
import { type OpenSource, openFileSource, spoolStream } from './file-source';
import { counted } from './report-text';
import { Progress, visible } from './terminal';

const FORMATS = ['text', 'json'] as const;
const STDIN = '-';
/** In a folder; whoever has more names the file. */
const MAX_FILES = 500;

/** Kinds of files that runs leave behind. A folder of a run also holds code, data and weights. */
const ARTEFACT_NAME = /(?:\.(?:log|txt|out|err|json|jsonl|ipynb|stdout|stderr)|^(?:stdout|stderr|nohup\.out))$/i;

export const DUMP: CommandSpec = {
  name: 'dump',
  usage: 'FILE|FOLDER|- [options]',
  summary: 'Say where a run broke, from its log or dump.',
  minPositionals: 1,
  maxPositionals: 1,
  options: [
    { name: 'output-format', value: 'FORMAT', choices: FORMATS, help: 'How the answer is written (default: text).' },
  ],
  details: [
    'FILE is a log of a run (torch.autograd.set_detect_anomaly and others), a *.nandump.json, or "-" for standard input. The bytes decide what it is, not the name.',
    'In a FOLDER, every log and dump that tells something is shown; dumps of several ranks of one run and step are one, the guilty rank first. As JSON, several of them are written as { "version": 1, "dumps": [ { "path": …, … } ] }.',
    'Exit code: 0 even where nothing is wrong with the run, 2 where nothing could be read.',
  ],
};

function isUnreadable({ dump, problems }: ReadResult): boolean {
  return dump.format === 'unknown' || (dump.format === 'nandump' && dump.anomalies.length === 0 && problems.length > 0);
}

function tellsSomething({ dump }: ReadResult): boolean {
  return dump.anomalies.length > 0 || dump.series.length > 0;
}

/** The recorder's history beside its dumps tells again, step by step, what they say. */
function withoutHistories(results: readonly NamedDump[]): readonly NamedDump[] {
  const folders = new Set(
    results.filter(({ result }) => result.dump.format === 'nandump').map((named) => path.dirname(named.path)),
  );
  return results.filter((named) => {
    const isHistory = /^history(?:\.rank-\d+)?\.jsonl$/.test(path.basename(named.path));
    return !isHistory || !folders.has(path.dirname(named.path));
  });
}

class DumpRun {
  private readonly progress: Progress;
  /** Nothing stops a read but the end of the process. */
  private readonly signal = new AbortController().signal;

  constructor(private readonly context: Context) {
    this.progress = new Progress(context.terminal, 'Reading, in MB');
  }

  private readonly onRead = (bytes: number): void => this.progress.tick(Math.floor(bytes / 2 ** 20), undefined);

  /** Reads one source and closes it. */
  async read(source: Promise<OpenSource>): Promise<ReadResult> {
    const opened = await source;
    try {
      return await openDump(opened, this.signal);
    } finally {
      await opened.close();
      this.progress.clear();
    }
  }

  stdin(): Promise<ReadResult> {
    return this.read(spoolStream('standard input', this.context.stdin, this.onRead));
  }

  /** @param isRegular whether it can be read twice; a pipe cannot */
  file(file: string, isRegular: boolean): Promise<ReadResult> {
    if (isRegular) return this.read(openFileSource(file, this.onRead));
    return this.read(spoolStream(path.basename(file), createReadStream(file), this.onRead));
  }

  /** Every artefact below the folder, nearest first. */
  async folder(folder: string): Promise<{ results: readonly NamedDump[]; silent: number }> {
    const { cwd, terminal } = this.context;
    const results: NamedDump[] = [];
    let silent = 0;
    const pending = [folder];
    const files: string[] = [];
    for (let next = pending.shift(); next !== undefined && files.length <= MAX_FILES; next = pending.shift()) {
      const entries = await this.entries(next);
      for (const entry of entries) {
        const target = path.join(next, entry.name);
        if (entry.isDirectory() && !EXCLUDED_FOLDERS.has(entry.name)) pending.push(target);
        else if (entry.isFile() && ARTEFACT_NAME.test(entry.name)) files.push(target);
      }
    }
    if (files.length > MAX_FILES) {
      terminal.warning(`${visible(folder)} holds more than ${MAX_FILES} logs; only the nearest were read`);
    }
    for (const file of files.slice(0, MAX_FILES)) {
      try {
        const result = await this.file(file, true);
        const shown = displayPath(file, cwd);
        if (tellsSomething(result)) results.push({ path: shown, result });
        else if (result.dump.format === 'nandump')
          terminal.warning(`${visible(shown)}: ${visible(result.dump.verdict.sentence)}`);
        else silent++;
      } catch (error) {
        terminal.warning(`${visible(displayPath(file, cwd))} could not be read: ${describeFileError(error)}`);
      }
    }
    return { results: mergeByStep(withoutHistories(results)), silent };
  }

  private async entries(folder: string): Promise<Dirent[]> {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      this.context.terminal.warning(`${visible(folder)} could not be read: ${describeFileError(error)}`);
      return [];
    }
  }
}

export async function runDump(args: ParsedArguments, context: Context): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const given = args.positionals[0] ?? STDIN;
  const isJson = args.value('output-format') === 'json';
  const run = new DumpRun(context);
  const write = ({ path: shown, result }: NamedDump): ExitCode => {
    terminal.write(isJson ? `${JSON.stringify(dumpToJson(result), null, 2)}\n` : dumpToText(shown, result));
    return isUnreadable(result) ? EXIT.error : EXIT.clean;
  };
  try {
    if (given === STDIN) return write({ path: 'standard input', result: await run.stdin() });
    const target = path.resolve(cwd, given);
    const found = await stat(target);
    const shown = displayPath(target, cwd);
    if (!found.isDirectory()) return write({ path: shown, result: await run.file(target, found.isFile()) });
    const { results, silent } = await run.folder(target);
    if (results.length === 0) {
      terminal.error(`${visible(shown)} holds no log or dump that tells of a run`);
      return EXIT.error;
    }
    const [only] = results;
    if (only !== undefined && results.length === 1) return write(only);
    if (isJson) {
      const dumps = results.map(({ path: file, result }) => ({ path: file, ...dumpToJson(result) }));
      terminal.line(JSON.stringify({ version: 1, dumps }, null, 2));
    } else {
      terminal.write(results.map(({ path: file, result }) => dumpToText(file, result)).join('\n'));
      if (silent > 0)
        terminal.line(
          `\n${counted(silent, 'other file')} in this folder ${silent === 1 ? 'tells' : 'tell'} nothing of a run.`,
        );
    }
    return EXIT.clean;
  } catch (error) {
    terminal.error(`${visible(given)}: ${describeFileError(error)}`);
    return EXIT.error;
  }
}
