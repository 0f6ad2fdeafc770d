// A client of the debug protocol for the real debugpy: starts its adapter, launches a script, and waits for what happens.

import { type ChildProcess, spawn } from 'node:child_process';

export interface Message {
  readonly seq: number;
  readonly type: 'request' | 'response' | 'event';
  readonly command?: string;
  readonly event?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: Record<string, unknown>;
  readonly arguments?: object;
}

export interface Stop {
  readonly reason: string;
  readonly line: number;
  readonly path: string;
  readonly frameId: number;
  readonly threadId: number;
}

export interface SetBreakpoint {
  readonly verified: boolean;
  readonly line?: number;
  readonly message?: string;
}

/** Milliseconds; frameworks take long to import under a debugger, on a machine that does much else. */
const PATIENCE = 180_000;

/** One debug session. `close` ends it, whatever state it is in. */
export class DebugAdapter {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly events: Message[] = [];
  private readonly listeners = new Set<() => void>();
  private buffer = Buffer.alloc(0);
  private sent = 0;
  /** What the script and the debugger have written. */
  output = '';
  /** Hears every message, as an editor's tracker of the session does. */
  onMessage: (direction: 'toAdapter' | 'fromAdapter', message: Message) => void = () => undefined;

  constructor(python: string, environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(python, ['-m', 'debugpy.adapter'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => this.take(chunk));
  }

  /** Starts a script, with breakpoints of its file set before its first line runs. */
  async launch(
    script: string,
    breakpoints: readonly object[],
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly SetBreakpoint[]> {
    await this.request('initialize', {
      clientID: 'tests',
      adapterID: 'debugpy',
      pathFormat: 'path',
      linesStartAt1: true,
    });
    // It is answered only after the configuration is done.
    const launched = this.request('launch', {
      program: script,
      console: 'internalConsole',
      justMyCode: true,
      cwd: script.replace(/[^/\\]*$/, ''),
      ...options,
    });
    launched.catch(() => undefined);
    await this.event((message) => message.event === 'initialized');
    const set = await this.setBreakpoints(script, breakpoints);
    await this.request('setExceptionBreakpoints', { filters: [] });
    await this.request('configurationDone', {});
    await launched;
    return set;
  }

  async setBreakpoints(script: string, breakpoints: readonly object[]): Promise<readonly SetBreakpoint[]> {
    const body = await this.request('setBreakpoints', { source: { path: script }, breakpoints });
    return body.breakpoints as SetBreakpoint[];
  }

  /** The next stop; undefined where the script ends without one. */
  async stop(): Promise<Stop | undefined> {
    const message = await this.event(({ event }) => event === 'stopped' || event === 'terminated');
    if (message.event === 'terminated') return undefined;
    const threadId = Number(message.body?.threadId);
    const { stackFrames } = (await this.request('stackTrace', { threadId, levels: 1 })) as {
      stackFrames: { id: number; line: number; source: { path: string } }[];
    };
    const [top] = stackFrames;
    if (!top) throw new Error('stopped in no frame');
    return { reason: String(message.body?.reason), line: top.line, path: top.source.path, frameId: top.id, threadId };
  }

  async continue({ threadId }: Stop): Promise<void> {
    await this.request('continue', { threadId });
  }

  /** @throws what the debuggee raised */
  async evaluate(expression: string, frameId?: number, context = 'watch'): Promise<string> {
    const body = await this.request('evaluate', { expression, context, ...(frameId === undefined ? {} : { frameId }) });
    return String(body.result);
  }

  request(command: string, args: object): Promise<Record<string, unknown>> {
    const seq = ++this.sent;
    const message = { seq, type: 'request', command, arguments: args } as const;
    this.onMessage('toAdapter', message);
    const text = JSON.stringify(message);
    this.child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${command}: no answer in ${PATIENCE} ms\n${this.output}`)),
        PATIENCE,
      );
      this.waiting.set(seq, (message) => {
        clearTimeout(late);
        if (message.success) resolve(message.body ?? {});
        else reject(new Error(message.message ?? `${command} failed`));
      });
    });
  }

  /** The first event that is wanted, from now on or come already. */
  private async event(isWanted: (message: Message) => boolean): Promise<Message> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const at = this.events.findIndex(isWanted);
      const [found] = at >= 0 ? this.events.splice(at, 1) : [];
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`no event in ${PATIENCE} ms\n${this.output}`)),
          end - Date.now(),
        );
        const wake = () => {
          clearTimeout(late);
          this.listeners.delete(wake);
          resolve();
        };
        this.listeners.add(wake);
      });
    }
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    await Promise.race([
      this.request('disconnect', { terminateDebuggee: true }).catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, 5000)),
    ]);
    this.child.kill();
    await ended;
  }

  private take(chunk: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    for (;;) {
      const end = this.buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.buffer.subarray(0, end).toString())?.[1]);
      if (this.buffer.length < end + 4 + length) return;
      const text = this.buffer.subarray(end + 4, end + 4 + length).toString();
      this.buffer = this.buffer.subarray(end + 4 + length);
      this.receive(JSON.parse(text) as Message);
    }
  }

  private receive(message: Message): void {
    queueMicrotask(() => this.onMessage('fromAdapter', message));
    if (message.type === 'response' && message.request_seq !== undefined) {
      const answer = this.waiting.get(message.request_seq);
      this.waiting.delete(message.request_seq);
      answer?.(message);
    } else if (message.type === 'event') {
      if (message.event === 'output') this.output += String(message.body?.output ?? '');
      this.events.push(message);
      for (const wake of [...this.listeners]) wake();
    }
  }
}
