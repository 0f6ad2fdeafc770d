// The tools for language models, where the editor has a place for them: what `nanlens mcp` serves, on open documents.

import * as vscode from 'vscode';
import { explanation } from '../../../agent/answers';
import { ToolArguments } from '../../../agent/arguments';
import {
  APPLY_FIX_TOOL,
  type EditorTool,
  EXPLAIN_RULE_TOOL,
  FINDINGS_TOOL,
  READ_DUMP_TOOL,
} from '../../../agent/editor-tools';
import { ToolError } from '../../../agent/tool';
import type { EngineClient } from '../../engine/client';
import type { Platform } from '../../platform';
import type { Configurations } from '../../project/configurations';
import { ruleCatalogue } from '../../rule-catalogue';
import { dumpOf } from './dump-tool';
import { findingsOf } from './findings-tool';
import { FixTool } from './fix-tool';

export interface AgentToolParts {
  readonly engine: EngineClient;
  readonly configurations: Configurations;
  readonly platform: Platform;
}

interface Served {
  readonly tool: EditorTool;
  /** Shown while it works. */
  readonly working: string;
  call(args: ToolArguments, token: vscode.CancellationToken, input: unknown): object | Promise<object>;
  confirm?(args: ToolArguments, input: unknown): Promise<vscode.LanguageModelToolConfirmationMessages | undefined>;
}

function languageModelTool({ tool, working, call, confirm }: Served): vscode.LanguageModelTool<object> {
  const { inputSchema } = tool.tool;
  return {
    async prepareInvocation({ input }) {
      let confirmation: vscode.LanguageModelToolConfirmationMessages | undefined;
      try {
        confirmation = await confirm?.(new ToolArguments(inputSchema, input), input);
      } catch (error) {
        // Of arguments that do not fit, the call itself tells.
        if (!(error instanceof ToolError)) throw error;
      }
      return { invocationMessage: working, ...(confirmation ? { confirmationMessages: confirmation } : {}) };
    },
    /** Rejects in words, as models are told of failures. */
    async invoke({ input }, token) {
      const answer = await call(new ToolArguments(inputSchema, input), token, input);
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(answer))]);
    },
  };
}

/** Registers the tools; nothing where the editor knows of no language models, as older ones and some kin of VS Code. */
export function registerAgentTools(parts: AgentToolParts): vscode.Disposable {
  const { lm } = vscode as { readonly lm?: Partial<typeof vscode.lm> };
  const { registerTool } = lm ?? {};
  if (registerTool === undefined) return vscode.Disposable.from();
  const fixes = new FixTool(parts);
  const tools: readonly Served[] = [
    {
      tool: FINDINGS_TOOL,
      working: vscode.l10n.t('Looking for causes of NaN'),
      call: (args) => findingsOf(args, parts),
    },
    {
      tool: READ_DUMP_TOOL,
      working: vscode.l10n.t('Reading what the run left'),
      call: (args, token) => dumpOf(args, parts.platform.openFile, token),
    },
    {
      tool: EXPLAIN_RULE_TOOL,
      working: vscode.l10n.t('Looking up a rule'),
      call: (args) => ({ ...explanation(ruleCatalogue(), args.requiredText('rule')) }),
    },
    {
      tool: APPLY_FIX_TOOL,
      working: vscode.l10n.t('Applying a fix'),
      call: (args, _token, input) => fixes.apply(args, input),
      confirm: (args, input) => fixes.confirmation(args, input),
    },
  ];
  return vscode.Disposable.from(...tools.map((served) => registerTool(served.tool.name, languageModelTool(served))));
}
