// Asks a program under the debugger, by the debug protocol, whichever way the protocol's messages travel.

/** Sends a request of the debug protocol and gives the body of its answer. @throws what the debugger refuses it with */
export type SendRequest = (command: string, args: object) => PromiseLike<unknown>;

export interface Frame {
  readonly id: number;
  /** 1-based. */
  readonly line: number;
  readonly path: string;
}

export class Debuggee {
  constructor(private readonly send: SendRequest) {}

  /**
   * In a stopped frame; without one, in the debugger's own thread and namespace, while the program runs on.
   *
   * @throws what the expression raises
   */
  async evaluate(expression: string, frameId?: number): Promise<string> {
    const where = frameId === undefined ? {} : { frameId };
    // For the clipboard nothing is cut off.
    const body = await this.send('evaluate', { expression, context: 'clipboard', ...where });
    return String((body as { readonly result?: unknown }).result);
  }

  async topFrame(threadId: number): Promise<Frame | undefined> {
    const body = await this.send('stackTrace', { threadId, startFrame: 0, levels: 1 });
    const [top] = (body as { readonly stackFrames?: readonly StackFrame[] }).stackFrames ?? [];
    return top && { id: top.id, line: top.line, path: top.source?.path ?? '' };
  }
}

interface StackFrame {
  readonly id: number;
  readonly line: number;
  readonly source?: { readonly path?: string };
}

/** The parts of a protocol message that are looked at. */
export interface ProtocolMessage {
  readonly type?: string;
  readonly seq?: number;
  readonly request_seq?: number;
  readonly command?: string;
  readonly event?: string;
  readonly success?: boolean;
  readonly arguments?: unknown;
  readonly body?: unknown;
}
