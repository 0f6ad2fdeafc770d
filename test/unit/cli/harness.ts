// Runs command lines inside this process, in a folder of their own, with an engine whose findings a test can foretell.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { configureFindings } from '../../../src/analyzer/config';
import type { AnalysisResult, Finding, RuleInfo } from '../../../src/analyzer/finding';
import { checkpointerOf } from '../../../src/cli/checkpointer';
import type { Engine, SourceProgram } from '../../../src/cli/engine';
import { run } from '../../../src/cli/run';
import { scriptRecorderOf } from '../../../src/cli/script-recorder';
import { Terminal } from '../../../src/cli/terminal';
import { freshAnalyzer } from '../../rules/harness/python-analyzer';

export const TEST_RULES: readonly RuleInfo[] = [
  {
    code: 'NAN101',
    name: 'log-of-possible-zero',
    severity: 'warning',
    summary: 'A logarithm of a value that can be 0.',
    page: '# NAN101 log-of-possible-zero\n\nA **logarithm** of `0` is -inf.\n\n```python\ntorch.log(p)\n```\n',
    url: 'https://example.org/NAN101',
  },
  {
    code: 'NAN401',
    name: 'clip-after-step',
    severity: 'error',
    summary: 'Clipping after the step.',
    page: '# NAN401 clip-after-step\n',
    url: 'https://example.org/NAN401',
  },
];

/** Where `pattern` matches, a finding whose fix replaces the match. */
interface Hazard {
  readonly pattern: RegExp;
  readonly rule: number;
  readonly confidence: Finding['confidence'];
  readonly safety: 'safe' | 'unsafe';
  readonly replacement: string;
  /** Inserted at the top beside the replacement, unless it is there. */
  readonly needs?: string;
}

const HAZARDS: readonly Hazard[] = [
  { pattern: /\blog\(p\)/g, rule: 0, confidence: 'proven', safety: 'unsafe', replacement: 'log(p + 1e-6)' },
  {
    pattern: /\bsoftmax\(x\)\.log\(\)/g,
    rule: 0,
    confidence: 'likely',
    safety: 'safe',
    replacement: 'F.log_softmax(x)',
    needs: 'import torch.nn.functional as F',
  },
  { pattern: /\bclip_late\(\)/g, rule: 1, confidence: 'possible', safety: 'safe', replacement: 'clip()' },
  { pattern: /\bharm\(\)/g, rule: 1, confidence: 'proven', safety: 'safe', replacement: 'harm((' },
  { pattern: /\bping\(\)/g, rule: 1, confidence: 'proven', safety: 'safe', replacement: 'pong()' },
  { pattern: /\bpong\(\)/g, rule: 1, confidence: 'proven', safety: 'safe', replacement: 'ping()' },
  { pattern: /\bgrow\(\)/g, rule: 1, confidence: 'proven', safety: 'safe', replacement: 'grow();grow()' },
];

function findingsIn(text: string): Finding[] {
  return HAZARDS.flatMap((hazard) =>
    [...text.matchAll(hazard.pattern)].flatMap((match): Finding[] => {
      const rule = TEST_RULES[hazard.rule];
      if (rule === undefined) return [];
      const span = { start: match.index, end: match.index + match[0].length };
      const edits = [{ span, text: hazard.replacement }];
      const { needs } = hazard;
      if (needs && !text.includes(needs)) edits.unshift({ span: { start: 0, end: 0 }, text: `${needs}\n` });
      return [
        {
          code: rule.code,
          name: rule.name,
          severity: rule.severity,
          confidence: hazard.confidence,
          span,
          message: `${match[0]} can be\nNaN: 100%`,
          related: [{ span: { start: span.start, end: span.start + 1 }, message: 'because, so: it is' }],
          fixes: [{ title: `Write ${hazard.replacement}`, safety: hazard.safety, edits }],
        },
      ];
    }),
  );
}

/** Finds the hazards above; a program is the more broken, the further its parentheses are from balance. */
export const testEngine: Engine = {
  analyze: ({ texts }: SourceProgram, config): AnalysisResult[] =>
    texts.map((text) => ({
      findings: configureFindings(findingsIn(text), config),
      problems: text.includes('???') ? [{ message: 'syntax error', span: { start: text.indexOf('???'), end: 3 } }] : [],
    })),
  countBroken: ({ texts }) =>
    texts.reduce((sum, text) => sum + Math.abs((text.match(/\(/g)?.length ?? 0) - (text.match(/\)/g)?.length ?? 0)), 0),
};

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with files, thrown away after the test. */
export class Workspace {
  private constructor(readonly folder: string) {}

  static async with(
    files: Readonly<Record<string, string | Uint8Array>>,
    use: (workspace: Workspace) => Promise<void>,
  ): Promise<void> {
    const workspace = new Workspace(await mkdtemp(path.join(os.tmpdir(), 'nanlens-test-')));
    try {
      for (const [name, content] of Object.entries(files)) await workspace.write(name, content);
      await use(workspace);
    } finally {
      await rm(workspace.folder, { recursive: true, force: true });
    }
  }

  at(name: string): string {
    return path.join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(path.dirname(this.at(name)), { recursive: true });
    await writeFile(this.at(name), content);
  }

  read(name: string): Promise<string> {
    return readFile(this.at(name), 'utf8');
  }

  bytes(name: string): Promise<Uint8Array> {
    return readFile(this.at(name));
  }

  /** Runs a command line with the test engine in this folder. */
  run(argv: readonly string[], stdin: string | Uint8Array = ''): Promise<Outcome> {
    return runIn(this.folder, argv, { stdin, rules: TEST_RULES, engine: testEngine });
  }
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly rules: readonly RuleInfo[];
  readonly engine: Engine;
}

/** Runs a command line as if in `folder`, with neither a terminal nor an environment. */
export async function runIn(folder: string, argv: readonly string[], options: RunOptions): Promise<Outcome> {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const collect = (into: Uint8Array[]) => ({
    write: (chunk: string | Uint8Array) => into.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
  });
  const code = await run(argv, {
    terminal: new Terminal(collect(out), collect(err), {}),
    cwd: folder,
    stdin: (async function* () {
      yield options.stdin ?? '';
    })(),
    stdout: new PassThrough(),
    version: '1.2.3',
    rules: options.rules,
    createEngine: async () => options.engine,
    createCheckpointer: async () => checkpointerOf(await freshAnalyzer()),
    createScriptRecorder: async () => scriptRecorderOf(await freshAnalyzer()),
    recorder: await readFile('media/recorder/nanlens.py'),
  });
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}
