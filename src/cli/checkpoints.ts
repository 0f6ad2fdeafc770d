// `nanlens checkpoints`: puts finite checks into a file, and takes them out again.

import path from 'node:path';
import type { CheckOptions, CheckTarget } from '../analyzer/checkpoints/options';
import { type Loaded, loadBytes, type SourceFile } from '../project/source-file';
import { unifiedDiff } from '../text/unified-diff';
import { type CommandSpec, type ParsedArguments, UsageError } from './arguments';
import { replaceFile } from './atomic-write';
import { type Context, EXIT, type ExitCode } from './context';
import { displayPath } from './discovery';
import type { SourceProgram } from './engine';
import { paintDiff } from './patch';
import { counted } from './report-text';
import { loadFile, readAll, toBytes, withTexts } from './source-file';
import { visible } from './terminal';

const STYLES: readonly CheckOptions['style'][] = ['raise', 'print', 'breakpoint', 'record'];
const STDIN = '-';

export interface CheckpointOutcome {
  readonly texts: readonly string[];
  /** Checks put in, in order of place. */
  readonly inserted: readonly { readonly text: number; readonly line: number; readonly name: string }[];
  readonly problems: readonly string[];
}

interface CheckpointChange extends CheckpointOutcome {
  /** Checks taken out; undefined where checks were put in. */
  readonly removed?: number;
}

/** What inserts and removes checks in a program. */
export interface Checkpointer {
  insert(program: SourceProgram, options: CheckOptions): CheckpointOutcome;
  remove(program: SourceProgram): { readonly texts: readonly string[]; readonly removed: number };
}

export const CHECKPOINTS: CommandSpec = {
  name: 'checkpoints',
  usage: 'FILE --insert|--remove [options]',
  summary: 'Insert checks that name the first tensor with NaN or Inf, or remove them.',
  minPositionals: 1,
  maxPositionals: 1,
  options: [
    { name: 'insert', help: 'Insert a check after each statement that produces a tensor.' },
    { name: 'remove', help: 'Remove every inserted check; the file is byte for byte what it was.' },
    { name: 'function', value: 'NAME', help: 'Only in this function: forward, Model.forward, train.' },
    { name: 'lines', value: 'A:B', help: 'Only in these lines, both included.' },
    {
      name: 'style',
      value: 'STYLE',
      choices: STYLES,
      help: 'What a check does when it finds NaN or Inf (default: raise).',
    },
    { name: 'sequential-hooks', help: 'Also check the layers inside an nn.Sequential, by forward hooks.' },
    { name: 'diff', help: 'Show the change as a patch, and change nothing.' },
  ],
  details: [
    'Without --function or --lines: every forward, every function that computes with tensors, every training loop. Inserting twice changes nothing.',
    'FILE is a .py file, a notebook, or "-" for standard input, which comes out changed on standard output.',
    'Exit code: 0 done, also where there was nothing to do; 2 the file could not be read or written, or wrong use.',
  ],
};

function readTarget(args: ParsedArguments, isNotebook: boolean): CheckTarget {
  const name = args.value('function');
  const lines = args.value('lines');
  if (name !== undefined && lines !== undefined) throw new UsageError('--function and --lines exclude each other');
  if (name !== undefined) return { kind: 'function', name };
  if (lines === undefined) return { kind: 'everything' };
  if (isNotebook) throw new UsageError('--lines cannot tell the cells of a notebook apart; use --function');
  const match = /^(\d+):(\d+)$/.exec(lines);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (!match || first < 1 || last < first) {
    throw new UsageError(`--lines cannot be "${lines}": it is two line numbers, as in 10:20`);
  }
  return { kind: 'lines', first, last };
}

async function load(given: string, file: string, context: Context): Promise<Loaded> {
  return given === STDIN ? loadBytes(await readAll(context.stdin), false) : loadFile(file);
}

export async function runCheckpoints(args: ParsedArguments, context: Context): Promise<ExitCode> {
  const isInserting = args.has('insert');
  if (isInserting === args.has('remove')) throw new UsageError('say either --insert or --remove');
  for (const option of ['function', 'lines', 'style', 'sequential-hooks']) {
    if (!isInserting && args.has(option)) throw new UsageError(`--${option} goes with --insert only`);
  }
  const given = args.positionals[0] ?? STDIN;
  const file = path.resolve(context.cwd, given);
  const shown = given === STDIN ? STDIN : displayPath(file, context.cwd);
  const loaded = await load(given, file, context);
  if (loaded.kind !== 'source') {
    const message = loaded.kind === 'failed' ? loaded.message : 'is a notebook in another language than Python';
    context.terminal.error(`${visible(shown)} ${visible(message)}`);
    return EXIT.error;
  }
  const { source } = loaded;
  const target = readTarget(args, source.notebook !== undefined);
  const checkpointer = await context.createCheckpointer();
  const style = STYLES.find((known) => known === args.value('style')) ?? 'raise';
  const outcome: CheckpointChange = isInserting
    ? checkpointer.insert(source.program, { target, style, sequentialHooks: args.has('sequential-hooks') })
    : { inserted: [], problems: [], ...checkpointer.remove(source.program) };
  const isFutile = outcome.problems.length > 0 && outcome.inserted.length === 0;
  for (const problem of outcome.problems) {
    const message = `${visible(shown)}: ${visible(problem)}`;
    if (isFutile) context.terminal.error(message);
    else context.terminal.warning(message);
  }
  if (isFutile) return EXIT.error;
  return deliver(context, { given, file, shown, source, outcome, isInserting, isDiff: args.has('diff') });
}

interface Delivery {
  readonly given: string;
  readonly file: string;
  readonly shown: string;
  readonly source: SourceFile;
  readonly outcome: CheckpointChange;
  readonly isInserting: boolean;
  readonly isDiff: boolean;
}

async function deliver(context: Context, delivery: Delivery): Promise<ExitCode> {
  const { given, file, shown, source, outcome, isInserting, isDiff } = delivery;
  const { terminal } = context;
  const isChanged = outcome.texts.some((text, i) => text !== source.program.texts[i]);
  const whole = isChanged ? withTexts(source, outcome.texts) : source.text;
  const isOutputTaken = isDiff || given === STDIN;
  const report = isOutputTaken ? terminal.onErrorStream() : terminal;
  if (isDiff) {
    terminal.write(paintDiff(unifiedDiff(shown, source.text, whole), terminal.paint));
  } else {
    const encoded = isChanged ? toBytes(source, whole) : { bytes: source.bytes };
    const fault = encoded.error ?? (await put(given, file, source, encoded.bytes, isChanged, context));
    if (fault !== undefined) {
      terminal.error(`${visible(shown)} ${fault}`);
      return EXIT.error;
    }
  }
  if (!isChanged) {
    report.line(`${visible(shown)}: ${isInserting ? 'no check to insert' : 'no check to remove'}.`);
    return EXIT.clean;
  }
  if (!isInserting) {
    report.line(
      `${isDiff ? 'Would remove' : 'Removed'} ${counted(outcome.removed ?? 0, 'check')} from ${visible(shown)}.`,
    );
    return EXIT.clean;
  }
  for (const { text, line, name } of outcome.inserted) {
    const cell = source.notebook?.cells[text];
    report.line(`${visible(shown)}:${cell ? `cell ${cell.index}:` : ''}${line}: ${visible(name)}`);
  }
  if (outcome.inserted.length === 0) {
    report.line(`${isDiff ? 'Would change' : 'Changed'} the style of the checks in ${visible(shown)}.`);
    return EXIT.clean;
  }
  const verb = isDiff ? 'Would insert' : 'Inserted';
  report.line(`${verb} ${counted(outcome.inserted.length, 'check')} in ${visible(shown)}.`);
  return EXIT.clean;
}

/** @returns what went wrong, in words */
async function put(
  given: string,
  file: string,
  source: SourceFile,
  bytes: Uint8Array,
  isChanged: boolean,
  context: Context,
): Promise<string | undefined> {
  if (given === STDIN) context.terminal.write(bytes);
  else if (isChanged) return replaceFile(file, bytes, source.bytes);
  return undefined;
}
