// `nanlens mcp`: the same answers for agents, as a server of the Model Context Protocol.

import { Readable } from 'node:stream';
import type { CommandSpec, ParsedArguments } from './arguments';
import { type Context, EXIT, type ExitCode } from './context';
import { errorCode } from './file-error';
import { Roots } from './mcp/roots';
import { type Sdk, serve } from './mcp/server';

export const MCP: CommandSpec = {
  name: 'mcp',
  usage: '[FOLDER…]',
  summary: 'Serve checks, dumps, rules and fixes to an agent, over standard input and output (MCP).',
  minPositionals: 0,
  maxPositionals: Number.POSITIVE_INFINITY,
  options: [],
  details: [
    'For programs that speak the Model Context Protocol; they start it themselves. Only files below the FOLDERs are read or changed, without one those below the current folder. A fix is written only where the agent asks for it, an unsafe one only where it asks for that too.',
    'Ends when standard input ends.',
  ],
};

/** Loaded here, for no other command needs the protocol. */
async function loadSdk(): Promise<Sdk | undefined> {
  try {
    return await import('./mcp/sdk');
  } catch (error) {
    if (errorCode(error) === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

export async function runMcp(args: ParsedArguments, context: Context): Promise<ExitCode> {
  const { terminal, rules, version, cwd } = context;
  const roots = await Roots.of(args.positionals, cwd);
  const sdk = await loadSdk();
  if (sdk === undefined) {
    terminal.error('"nanlens mcp" needs the file mcp.js beside the program; install the package as a whole');
    return EXIT.error;
  }
  await serve(sdk, {
    roots,
    rules,
    version,
    stdin: Readable.from(context.stdin),
    stdout: context.stdout,
    createEngine: () => context.createEngine(),
    warn: (message) => terminal.warning(message),
  });
  return EXIT.clean;
}
