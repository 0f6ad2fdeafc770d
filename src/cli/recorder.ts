// `nanlens recorder`: writes the recorder beside a training script, adds it to the script and takes it out again.

import path from 'node:path';
import { RECORDER_FILE } from '../analyzer/recorder/marks';
import { type Loaded, loadBytes, type SourceFile } from '../project/source-file';
import { unifiedDiff } from '../text/unified-diff';
import { type CommandSpec, type ParsedArguments, UsageError } from './arguments';
import { replaceFile } from './atomic-write';
import { type Context, EXIT, type ExitCode } from './context';
import { displayPath } from './discovery';
import { paintDiff } from './patch';
import { putRecorder } from './recorder-file';
import { counted } from './report-text';
import { loadFile, readAll, toBytes, withTexts } from './source-file';
import { type Terminal, visible } from './terminal';

const STDIN = '-';

/** What adds the recorder to a script and takes it out. */
export interface ScriptRecorder {
  insert(text: string): {
    readonly text: string;
    readonly inserted: readonly { readonly line: number; readonly text: string }[];
    readonly problems: readonly string[];
  };
  remove(text: string): { readonly text: string; readonly removed: number; readonly problems: readonly string[] };
}

export const RECORDER: CommandSpec = {
  name: 'recorder',
  usage: '[FOLDER] [options]',
  summary: 'Put the recorder beside a training script, and into it.',
  minPositionals: 0,
  maxPositionals: 1,
  options: [
    { name: 'insert', value: 'FILE', help: `Add the recorder to this script, and ${RECORDER_FILE} beside it.` },
    { name: 'remove', value: 'FILE', help: 'Take it out again; the script is byte for byte what it was.' },
    { name: 'diff', help: 'Show the change of the script as a patch, and change nothing.' },
    { name: 'force', help: `Replace another ${RECORDER_FILE} that is there.` },
  ],
  details: [
    `Without --insert and --remove, ${RECORDER_FILE} is written to FOLDER (default: the current one), and it is said what to write in the script.`,
    `--insert finds the training loop or the Trainer. Inserting twice changes nothing. --remove leaves ${RECORDER_FILE} where it is: other scripts may import it.`,
    'FILE is a .py file, or "-" for standard input, which comes out changed on standard output.',
    'Exit code: 0 done, also where there was nothing to do; 2 something could not be read or written, or wrong use.',
  ],
};

const WHAT_TO_WRITE = [
  'In the training script:',
  '',
  '    import nanlens',
  '',
  '    rec = nanlens.Recorder(model, optimizer)  # before the training loop',
  '    for batch in rec.watch(loader):           # the loop as it was',
  '        ...',
  '',
  'For the Trainer of Transformers or Lightning: nanlens.attach(trainer), after the line that makes it.',
  'Or let it be written for you: nanlens recorder --insert train.py',
];

export async function runRecorder(args: ParsedArguments, context: Context): Promise<ExitCode> {
  const insert = args.value('insert');
  const remove = args.value('remove');
  if (insert !== undefined && remove !== undefined) throw new UsageError('--insert and --remove exclude each other');
  const file = insert ?? remove;
  if (file === undefined) {
    if (args.has('diff')) throw new UsageError('--diff goes with --insert or --remove');
    return writeTo(path.resolve(context.cwd, args.positionals[0] ?? '.'), args.has('force'), context);
  }
  const [folder] = args.positionals;
  if (folder !== undefined) throw new UsageError(`${RECORDER_FILE} goes beside the script; leave "${folder}" out`);
  if (remove !== undefined && args.has('force')) throw new UsageError('--force goes with --insert only');
  return change(
    file,
    { isInserting: insert !== undefined, isDiff: args.has('diff'), isForced: args.has('force') },
    context,
  );
}

async function writeTo(folder: string, isForced: boolean, context: Context): Promise<ExitCode> {
  if (!(await putBeside(folder, isForced, context, context.terminal))) return EXIT.error;
  context.terminal.line('');
  for (const line of WHAT_TO_WRITE) context.terminal.line(line);
  return EXIT.clean;
}

/** Whether the recorder is in the folder now; if not, why is told. */
async function putBeside(folder: string, isForced: boolean, context: Context, report: Terminal): Promise<boolean> {
  const outcome = await putRecorder(folder, context.recorder, isForced);
  const shown = visible(displayPath(outcome.file, context.cwd));
  switch (outcome.kind) {
    case 'written':
      report.line(`Wrote ${shown}.`);
      return true;
    case 'replaced':
      report.line(`Replaced ${shown}.`);
      return true;
    case 'up-to-date':
      report.line(`${shown} is up to date.`);
      return true;
    case 'different':
      context.terminal.error(`${shown} is another file, so it was left as it is; --force replaces it`);
      return false;
    case 'failed':
      context.terminal.error(`${shown} ${outcome.message}`);
      return false;
  }
}

interface Wish {
  readonly isInserting: boolean;
  readonly isDiff: boolean;
  readonly isForced: boolean;
}

async function change(given: string, wish: Wish, context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const file = path.resolve(context.cwd, given);
  const shown = given === STDIN ? STDIN : displayPath(file, context.cwd);
  const loaded: Loaded = given === STDIN ? loadBytes(await readAll(context.stdin), false) : await loadFile(file);
  if (loaded.kind !== 'source' || loaded.source.notebook) {
    const message = loaded.kind === 'failed' ? loaded.message : 'is a notebook; the recorder goes into scripts';
    terminal.error(`${visible(shown)} ${visible(message)}`);
    return EXIT.error;
  }
  const { source } = loaded;
  const before = source.program.texts[0] ?? '';
  const recorder = await context.createScriptRecorder();
  const outcome = wish.isInserting
    ? { removed: 0, ...recorder.insert(before) }
    : { inserted: [], ...recorder.remove(before) };
  const isChanged = outcome.text !== before;
  const hasRecorder = wish.isInserting && recorder.remove(before).removed > 0;
  for (const problem of hasRecorder ? [] : outcome.problems) {
    const message = `${visible(shown)}: ${visible(problem)}`;
    if (isChanged) terminal.warning(message);
    else terminal.error(message);
  }
  if (!isChanged && !hasRecorder && outcome.problems.length > 0) return EXIT.error;
  const report = wish.isDiff || given === STDIN ? terminal.onErrorStream() : terminal;
  if (wish.isInserting && !wish.isDiff && given !== STDIN) {
    if (!(await putBeside(path.dirname(file), wish.isForced, context, report))) return EXIT.error;
  }
  const fault = await deliver(given, file, shown, source, outcome.text, wish, context);
  if (fault !== undefined) {
    terminal.error(`${visible(shown)} ${fault}`);
    return EXIT.error;
  }
  for (const { line, text } of outcome.inserted) report.line(`${visible(shown)}:${line}: ${visible(text)}`);
  report.line(summary(visible(shown), isChanged, outcome.inserted.length || outcome.removed, wish));
  return EXIT.clean;
}

function summary(shown: string, isChanged: boolean, count: number, { isInserting, isDiff }: Wish): string {
  if (!isChanged) return isInserting ? `${shown} has the recorder already.` : `${shown}: no recorder to remove.`;
  if (isInserting) return `${isDiff ? 'Would add' : 'Added'} the recorder to ${shown}.`;
  return `${isDiff ? 'Would remove' : 'Removed'} the recorder from ${shown} (${counted(count, 'line')}).`;
}

/** @returns what went wrong, in words */
async function deliver(
  given: string,
  file: string,
  shown: string,
  source: SourceFile,
  text: string,
  { isDiff }: Wish,
  { terminal }: Context,
): Promise<string | undefined> {
  const isChanged = text !== source.program.texts[0];
  const whole = isChanged ? withTexts(source, [text]) : source.text;
  if (isDiff) {
    terminal.write(paintDiff(unifiedDiff(shown, source.text, whole), terminal.paint));
    return undefined;
  }
  const encoded = isChanged ? toBytes(source, whole) : { bytes: source.bytes };
  if (encoded.error !== undefined) return encoded.error;
  if (given === STDIN) terminal.write(encoded.bytes);
  else if (isChanged) return replaceFile(file, encoded.bytes, source.bytes);
  return undefined;
}
