// What a command is given: where it runs, what it reads and writes, and the analyser when it needs one.

import type { Writable } from 'node:stream';
import type { RuleInfo } from '../analyzer/finding';
import type { Checkpointer } from './checkpoints';
import type { Engine } from './engine';
import type { ScriptRecorder } from './recorder';
import type { RuleBook } from './report';
import type { Terminal } from './terminal';

export interface Context {
  readonly terminal: Terminal;
  /** Absolute. */
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** For what is no text for people: the messages of a protocol. */
  readonly stdout: Writable;
  readonly version: string;
  readonly rules: readonly RuleInfo[];
  /** Made when it is first needed: the parser takes its time to load. */
  createEngine(): Promise<Engine>;
  createCheckpointer(): Promise<Checkpointer>;
  createScriptRecorder(): Promise<ScriptRecorder>;
  /** The recorder's source, as it ships. */
  readonly recorder: Uint8Array;
}

export const EXIT = { clean: 0, findings: 1, error: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function ruleBook(rules: readonly RuleInfo[]): RuleBook {
  return new Map(rules.map((rule) => [rule.code, rule]));
}
