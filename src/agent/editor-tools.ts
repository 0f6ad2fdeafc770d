// The tools as the editor offers them to language models: on documents as they stand, saved or not, and with a person who is asked.

import { DUMP_LIMIT, FINDING_LIMIT } from './answers';
import type { AgentTool } from './tool';
import {
  APPLY_FIX,
  CHECK_FILE,
  EXPLAIN_RULE,
  FIX_CHOICE,
  input,
  limit,
  minConfidence,
  ON_DATA,
  offset,
  path,
  READ_DUMP,
} from './tools';

export interface EditorTool {
  readonly name: string;
  /** What a person writes after `#` to name it. */
  readonly referenceName: string;
  readonly icon: string;
  readonly tool: AgentTool;
}

const WHERE = 'relative to a workspace folder, absolute, or a URI; it must be in the workspace or open in an editor.';

export const FINDINGS_TOOL: EditorTool = {
  name: 'nanlens_findings',
  referenceName: 'nanFindings',
  icon: '$(search)',
  tool: {
    ...CHECK_FILE,
    inputSchema: input(
      {
        path: path(`A Python file or notebook, open or not: ${WHERE}`),
        minConfidence,
        offset: offset('findings'),
        limit: limit('findings', FINDING_LIMIT),
      },
      ['path'],
    ),
  },
};

export const READ_DUMP_TOOL: EditorTool = {
  name: 'nanlens_readDump',
  referenceName: 'nanDump',
  icon: '$(pulse)',
  tool: {
    ...READ_DUMP,
    inputSchema: input(
      {
        path: path(`The log, dump or folder: ${WHERE}`),
        offset: offset('runs'),
        limit: limit('runs, and anomalies of each,', DUMP_LIMIT),
      },
      ['path'],
    ),
  },
};

export const EXPLAIN_RULE_TOOL: EditorTool = {
  name: 'nanlens_explainRule',
  referenceName: 'nanRule',
  icon: '$(book)',
  tool: EXPLAIN_RULE,
};

export const APPLY_FIX_TOOL: EditorTool = {
  name: 'nanlens_applyFix',
  referenceName: 'nanFix',
  icon: '$(wrench)',
  tool: {
    ...APPLY_FIX,
    description: `Applies one fix that a finding of nanlens_findings offers, after the user has seen the change and agreed, and returns it as a patch. The file is changed in the editor and not saved. Safe fixes keep the numbers the same; unsafe ones need allowUnsafe. ${ON_DATA}`,
    inputSchema: input(FIX_CHOICE, ['path', 'code', 'line']),
  },
};

export const EDITOR_TOOLS: readonly EditorTool[] = [FINDINGS_TOOL, READ_DUMP_TOOL, EXPLAIN_RULE_TOOL, APPLY_FIX_TOOL];
