// The MCP server: the tools for agents over standard input and output, on the protocol's own SDK.

import type { Readable, Writable } from 'node:stream';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { explanation, ruleList } from '../../agent/answers';
import { ToolArguments } from '../../agent/arguments';
import { type AgentTool, ToolError } from '../../agent/tool';
import { APPLY_FIX, CHECK_FILE, CHECK_FOLDER, EXPLAIN_RULE, LIST_RULES, READ_DUMP } from '../../agent/tools';
import type { RuleInfo } from '../../analyzer/finding';
import type { Engine } from '../engine';
import { visible } from '../terminal';
import { CheckTools } from './check-tools';
import { readDump } from './dump-tool';
import { MessageLines } from './message-lines';
import type { Roots } from './roots';

export type Sdk = typeof import('./sdk');

/** Of one message, in bytes: longer sources are not analysed anyway. */
const LONGEST_MESSAGE = 16 * 2 ** 20;

interface Served {
  readonly tool: AgentTool;
  call(args: ToolArguments, signal: AbortSignal): object | Promise<object>;
}

export interface ServerParts {
  readonly roots: Roots;
  readonly rules: readonly RuleInfo[];
  readonly version: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  createEngine(): Promise<Engine>;
  warn(message: string): void;
}

function servedTools({ roots, rules, createEngine }: ServerParts): ReadonlyMap<string, Served> {
  let engine: Promise<Engine> | undefined;
  const checks = new CheckTools(roots, new Map(rules.map((rule) => [rule.code, rule])), () => {
    engine ??= createEngine();
    return engine;
  });
  return new Map<string, Served>([
    ['check_file', { tool: CHECK_FILE, call: (args) => checks.checkFile(args) }],
    ['check_folder', { tool: CHECK_FOLDER, call: (args, signal) => checks.checkFolder(args, signal) }],
    ['read_dump', { tool: READ_DUMP, call: (args, signal) => readDump(args, roots, signal) }],
    ['explain_rule', { tool: EXPLAIN_RULE, call: (args) => ({ ...explanation(rules, args.requiredText('rule')) }) }],
    ['list_rules', { tool: LIST_RULES, call: () => ruleList(rules) }],
    ['apply_fix', { tool: APPLY_FIX, call: (args) => checks.applyFix(args) }],
  ]);
}

function failure(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] };
}

async function answer(
  tools: ReadonlyMap<string, Served>,
  name: string,
  given: unknown,
  signal: AbortSignal,
): Promise<CallToolResult> {
  const served = tools.get(name);
  if (served === undefined)
    return failure(`There is no tool "${visible(name)}"; there are ${[...tools.keys()].join(', ')}.`);
  try {
    const result = await served.call(new ToolArguments(served.tool.inputSchema, given), signal);
    return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: { ...result } };
  } catch (error) {
    if (error instanceof ToolError) return failure(error.message);
    if (signal.aborted) return failure('The call was cancelled.');
    return failure(`NaN Lens failed; this is a fault of its own: ${error instanceof Error ? error.message : error}`);
  }
}

/** Serves until the client closes standard input; calls that are under way then are still answered. */
export async function serve(sdk: Sdk, parts: ServerParts): Promise<void> {
  const { Server, StdioServerTransport, CallToolRequestSchema, ErrorCode, ListToolsRequestSchema } = sdk;
  const tools = servedTools(parts);
  const server = new Server(
    { name: 'nanlens', title: 'NaN Lens', version: parts.version },
    {
      capabilities: { tools: {} },
      instructions:
        "Finds causes of NaN and Inf in Python training code and reads what dead runs left. A loss is NaN: read_dump on the log or dump, then check_file on the blamed file, explain_rule, apply_fix as a dry run, and with the user's consent for good.",
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...tools].map(([name, { tool }]) => ({
      name,
      title: tool.title,
      description: tool.description,
      inputSchema: { ...tool.inputSchema, required: [...(tool.inputSchema.required ?? [])] },
      outputSchema: { ...tool.outputSchema, required: [...tool.outputSchema.required] },
      annotations: {
        title: tool.title,
        readOnlyHint: tool.isReadOnly,
        destructiveHint: !tool.isReadOnly,
        idempotentHint: tool.isReadOnly,
        openWorldHint: false,
      },
    })),
  }));
  const underWay = new Set<Promise<CallToolResult>>();
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const answered = answer(tools, params.name, params.arguments, signal);
    underWay.add(answered);
    return answered.finally(() => underWay.delete(answered));
  });
  server.onerror = (error) => parts.warn(visible(error.message));
  const messages = new MessageLines(LONGEST_MESSAGE, () => {
    const message = `A message may have ${LONGEST_MESSAGE / 2 ** 20} MB at most; a longer one was passed over.`;
    const refusal = { jsonrpc: '2.0', id: null, error: { code: ErrorCode.InvalidRequest, message } };
    parts.stdout.write(`${JSON.stringify(refusal)}\n`);
  });
  const ended = new Promise<void>((resolve) => messages.once('end', resolve));
  await server.connect(new StdioServerTransport(messages, parts.stdout, { maxBufferSize: 2 * LONGEST_MESSAGE }));
  parts.stdin.pipe(messages);
  await ended;
  // The last messages are handed out in microtasks, and their answers sent in some more.
  await new Promise((resolve) => setImmediate(resolve));
  while (underWay.size > 0) await Promise.allSettled(underWay);
  await new Promise((resolve) => setImmediate(resolve));
  await server.close();
}
