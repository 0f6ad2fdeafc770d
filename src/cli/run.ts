// From the arguments to a command and its exit code; every error that reaches here is told in words.

import { hint } from '../text/closest';
import {
  type CommandSpec,
  commandHelp,
  type ParsedArguments,
  parseArguments,
  twoColumns,
  UsageError,
} from './arguments';
import { CHECK, runCheck } from './check';
import { CHECKPOINTS, runCheckpoints } from './checkpoints';
import { type Context, EXIT, type ExitCode } from './context';
import { DUMP, runDump } from './dump';
import { MCP, runMcp } from './mcp';
import { RECORDER, runRecorder } from './recorder';
import { EXPLAIN, RULES, runExplain, runRules } from './rules';
import type { Terminal } from './terminal';

interface Command {
  readonly spec: CommandSpec;
  run(args: ParsedArguments, context: Context): ExitCode | Promise<ExitCode>;
}

const COMMANDS: readonly Command[] = [
  { spec: CHECK, run: runCheck },
  { spec: CHECKPOINTS, run: runCheckpoints },
  { spec: DUMP, run: runDump },
  { spec: RECORDER, run: runRecorder },
  { spec: RULES, run: runRules },
  { spec: EXPLAIN, run: runExplain },
  { spec: MCP, run: runMcp },
];

function overview(terminal: Terminal): string {
  return [
    'NaN Lens finds causes of NaN and Inf in Python training code, mends them, and opens the logs of dead runs.',
    '',
    'Usage: nanlens COMMAND [options]',
    '',
    'Commands:',
    ...twoColumns(
      COMMANDS.map(({ spec }) => [spec.name, spec.summary]),
      terminal.width,
    ),
    '',
    'Options:',
    ...twoColumns(
      [
        ['-h, --help', 'Show this help; after a command, the help of the command.'],
        ['-V, --version', 'Show the version.'],
      ],
      terminal.width,
    ),
  ].join('\n');
}

/** Runs one command line. Never rejects for anything that a user can do. */
export async function run(argv: readonly string[], context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const [name, ...rest] = argv;
  try {
    return await dispatch(name, rest, context);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.error(error.message);
      const isCommand = COMMANDS.some(({ spec }) => spec.name === name);
      terminal.errorLine(`Try "nanlens ${isCommand ? `${name} ` : ''}--help".`);
    } else {
      terminal.error(`NaN Lens failed; this is a fault of its own: ${error instanceof Error ? error.stack : error}`);
    }
    return EXIT.error;
  }
}

async function dispatch(name: string | undefined, rest: readonly string[], context: Context): Promise<ExitCode> {
  const { terminal } = context;
  if (name === undefined) {
    terminal.errorLine(overview(terminal));
    return EXIT.error;
  }
  if (name === '--version' || name === '-V') {
    terminal.line(`nanlens ${context.version}`);
    return EXIT.clean;
  }
  const isHelp = name === '--help' || name === '-h' || name === 'help';
  if (isHelp && rest[0] === undefined) {
    terminal.line(overview(terminal));
    return EXIT.clean;
  }
  const wanted = isHelp ? (rest[0] ?? '') : name;
  const command = COMMANDS.find(({ spec }) => spec.name === wanted);
  if (command === undefined) {
    const names = COMMANDS.map(({ spec }) => spec.name);
    const what = wanted.startsWith('-') ? 'option' : 'command';
    throw new UsageError(`unknown ${what} "${wanted}"${hint(wanted, names)}`);
  }
  const args = isHelp ? undefined : parseArguments(command.spec, rest);
  if (args === undefined || args.has('help')) {
    terminal.line(commandHelp(command.spec, terminal.width));
    return EXIT.clean;
  }
  return command.run(args, context);
}
