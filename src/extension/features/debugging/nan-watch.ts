// Follows one debug session: tries that conditions of ours work in it, and tells of the first value that is not finite.

import {
  CONDITION_MARK,
  type Description,
  describeExpression,
  isOurCondition,
  readDescription,
  SELF_TEST,
  watchedByCondition,
} from '../../../analyzer/breakpoints/condition';
import type { WatchedValue } from '../../../analyzer/breakpoints/plan';
import type { Debuggee, Frame, ProtocolMessage } from './debuggee';

/** A breakpoint of ours, as it stands now. */
export interface NanBreakpoint {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly condition: string;
  /** Empty where it was set in another window. */
  readonly values: readonly WatchedValue[];
}

export interface NanHit {
  readonly frame: Frame;
  readonly description: Description;
  readonly breakpoint: NanBreakpoint;
}

/** Why breakpoints may stay silent. */
export type Trouble =
  /** The debugger cannot carry out what conditions are made of. */
  | { readonly kind: 'test'; readonly detail: string }
  /** A condition raised, or is no Python. */
  | { readonly kind: 'condition'; readonly detail: string }
  /** The debugger did not accept a breakpoint. */
  | { readonly kind: 'refused'; readonly line: number; readonly detail: string };

export interface NanWatchHost {
  breakpoints(): readonly NanBreakpoint[];
  onHit(hit: NanHit): void;
  /** Called once for each kind. */
  onTrouble(trouble: Trouble): void;
}

const CONDITION_ERROR = 'Error while evaluating expression in conditional breakpoint: ';

export class NanWatch {
  private readonly told = new Set<Trouble['kind']>();
  private readonly asked = new Map<number, readonly SourceBreakpoint[]>();
  private isConfigured = false;
  private hasTested = false;
  private hasTestedFrame = false;

  constructor(
    private readonly debuggee: Debuggee,
    private readonly host: NanWatchHost,
  ) {}

  /** To be told of each message that goes to the debugger. */
  toAdapter({ type, command, seq, arguments: args }: ProtocolMessage): void {
    if (type !== 'request' || command !== 'setBreakpoints' || seq === undefined) return;
    this.asked.set(seq, (args as { breakpoints?: readonly SourceBreakpoint[] } | undefined)?.breakpoints ?? []);
  }

  /** To be told of each message that comes from the debugger. The promise is for tests: it never rejects. */
  async fromAdapter(message: ProtocolMessage): Promise<void> {
    try {
      if (message.type === 'response') await this.response(message);
      else if (message.event === 'stopped') await this.stopped(message.body as { threadId?: number });
      else if (message.event === 'output') this.output((message.body as { output?: unknown }).output);
    } catch {
      // The session has ended under way: nobody is left to tell.
    }
  }

  /** Tries, once in the session and without a stop, whether conditions work. */
  async test(): Promise<void> {
    if (this.hasTested || !this.isConfigured || this.host.breakpoints().length === 0) return;
    this.hasTested = true;
    let answer: string;
    try {
      answer = await this.debuggee.evaluate(SELF_TEST);
    } catch (error) {
      answer = error instanceof Error ? error.message : String(error);
    }
    if (answer !== 'True') this.trouble({ kind: 'test', detail: lastLine(answer) });
  }

  private async response({ command, request_seq: seq, success, body }: ProtocolMessage): Promise<void> {
    if (command === 'configurationDone' && success) {
      this.isConfigured = true;
      await this.test();
    }
    const asked = seq === undefined ? undefined : this.asked.get(seq);
    if (command !== 'setBreakpoints' || !asked || seq === undefined) return;
    this.asked.delete(seq);
    const set = (body as { breakpoints?: readonly SetBreakpoint[] } | undefined)?.breakpoints ?? [];
    asked.forEach(({ line, condition }, index) => {
      const answer = set[index];
      if (!isOurCondition(condition) || !answer || answer.verified || answer.message === undefined) return;
      this.trouble({ kind: 'refused', line, detail: answer.message });
    });
  }

  private output(text: unknown): void {
    if (typeof text !== 'string') return;
    const at = text.indexOf(CONDITION_ERROR + CONDITION_MARK);
    if (at >= 0) this.trouble({ kind: 'condition', detail: lastLine(text) });
  }

  private async stopped({ threadId }: { readonly threadId?: number }): Promise<void> {
    const all = this.host.breakpoints();
    if (threadId === undefined || all.length === 0) return;
    const frame = await this.debuggee.topFrame(threadId);
    if (!frame) return;
    await this.testIn(frame, all);
    const name = nameOf(frame.path);
    for (const breakpoint of all.filter(({ path, line }) => line === frame.line && nameOf(path) === name)) {
      const watched = watchedByCondition(breakpoint.condition);
      if (!watched) continue;
      const madeOf = [...new Set(breakpoint.values.flatMap((value) => value.madeOf))];
      const description = readDescription(await this.debuggee.evaluate(describeExpression(watched, madeOf), frame.id));
      if (description && description.faults.length > 0) {
        this.host.onHit({ frame, description, breakpoint });
        return;
      }
    }
  }

  /** Tries the conditions themselves in the first frame that stops, wherever it is: whatever is not bound there is no fault. */
  private async testIn(frame: Frame, breakpoints: readonly NanBreakpoint[]): Promise<void> {
    if (this.hasTestedFrame) return;
    this.hasTestedFrame = true;
    for (const { condition } of breakpoints.slice(0, 16)) {
      try {
        const answer = await this.debuggee.evaluate(condition, frame.id);
        if (answer === 'True' || answer === 'False') continue;
        this.trouble({ kind: 'condition', detail: lastLine(answer) });
      } catch (error) {
        this.trouble({ kind: 'condition', detail: lastLine(error instanceof Error ? error.message : String(error)) });
      }
    }
  }

  private trouble(trouble: Trouble): void {
    if (this.told.has(trouble.kind)) return;
    this.told.add(trouble.kind);
    this.host.onTrouble(trouble);
  }
}

interface SourceBreakpoint {
  readonly line: number;
  readonly condition?: string;
}

interface SetBreakpoint {
  readonly verified: boolean;
  readonly message?: string;
}

function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

/** Of a Python traceback the line that says what is wrong. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? text;
}
