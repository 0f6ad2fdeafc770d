// `nanlens dump`: what the log or dump of a dead run says.

import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Folder } from '../dump/folder';
import { dumpToJson } from '../dump/json';
import type { ReadResult } from '../dump/model';
import { openDump } from '../dump/open';
import type { NamedDump } from '../dump/ranks';
import { type RunFolderReading, readRunFolder } from '../dump/run-folder';
import { EXCLUDED_FOLDERS } from '../project/discovery';
import type { CommandSpec, ParsedArguments } from './arguments';
import { type Context, EXIT, type ExitCode } from './context';
import { displayPath } from './discovery';
import { dumpToText } from './dump-text';
import { describeFileError } from './file-error';
import { type OpenSource, openFileSource, spoolStream } from './file-source';
import { counted } from './report-text';
import { Progress, visible } from './terminal';

const FORMATS = ['text', 'json'] as const;
const STDIN = '-';
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
    'FILE is what a run has left: a log, a *.nandump.json, TensorBoard events, metrics as JSON lines or CSV, trainer_state.json, each also as .gz, or "-" for standard input. The bytes decide what it is, not the name.',
    'In a FOLDER, the logs and dumps of one run are one story, the first cause and the guilty rank first; dump folders of tfdbg2 and msprobe are read as they are. Where there are several runs, each is shown, as JSON in the form { "version": 1, "dumps": [ { "path": …, … } ] }.',
    'Exit code: 0 even where nothing is wrong with the run, 2 where nothing could be read.',
  ],
};

function isUnreadable({ dump, problems }: ReadResult): boolean {
  return dump.format === 'unknown' || (dump.format === 'nandump' && dump.anomalies.length === 0 && problems.length > 0);
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

  /** What each run below the folder tells, nearest first. */
  async folder(folder: string): Promise<RunFolderReading> {
    const { cwd, terminal } = this.context;
    const shown = (below: string): string => visible(displayPath(path.join(folder, below), cwd));
    const reading = await readRunFolder(folderOnDisk(folder, this.onRead), this.signal);
    this.progress.clear();
    for (const { path: below, error } of reading.failures) {
      terminal.warning(`${shown(below)} could not be read: ${describeFileError(error)}`);
    }
    for (const { path: below, sentence } of reading.unreadable)
      terminal.warning(`${shown(below)}: ${visible(sentence)}`);
    if (reading.isCut) terminal.warning(`${visible(folder)} holds too many files; only the nearest were read`);
    return reading;
  }
}

/** Links in it are passed over. */
export function folderOnDisk(root: string, onRead: (bytes: number) => void): Folder {
  return {
    name: path.basename(root),
    async entries(below) {
      const entries = await readdir(path.join(root, below), { withFileTypes: true });
      return entries
        .filter((entry) => (entry.isDirectory() && !EXCLUDED_FOLDERS.has(entry.name)) || entry.isFile())
        .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    },
    open: (below) => openFileSource(path.join(root, below), onRead),
  };
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
    const { runs, silent } = await run.folder(target);
    const results = runs.map(({ path: below, result }) => ({
      path: displayPath(path.join(target, below), cwd),
      result,
    }));
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
