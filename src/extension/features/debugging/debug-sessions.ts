// The Python debug sessions of this window, and the messages between VS Code and their debuggers.

import * as vscode from 'vscode';
import { Debuggee, type ProtocolMessage } from './debuggee';

/** The Python debugger, and the name that it had before 2024. */
const TYPES = ['debugpy', 'python'];

export interface SessionMessage {
  readonly session: vscode.DebugSession;
  readonly debuggee: Debuggee;
  readonly direction: 'toAdapter' | 'fromAdapter';
  readonly message: ProtocolMessage;
}

export class DebugSessions implements vscode.Disposable {
  private readonly messages = new vscode.EventEmitter<SessionMessage>();
  readonly onMessage = this.messages.event;
  private readonly live = new Map<string, { readonly session: vscode.DebugSession; readonly debuggee: Debuggee }>();
  private readonly parts: vscode.Disposable[];

  constructor() {
    this.parts = [
      this.messages,
      ...TYPES.map((type) =>
        vscode.debug.registerDebugAdapterTrackerFactory(type, {
          createDebugAdapterTracker: (session) => this.track(session),
        }),
      ),
      vscode.debug.onDidTerminateDebugSession(({ id }) => this.live.delete(id)),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.parts).dispose();
  }

  /** The session that is looked at, if it is one of Python, else any of Python. */
  get current(): { readonly session: vscode.DebugSession; readonly debuggee: Debuggee } | undefined {
    const active = vscode.debug.activeDebugSession;
    return (active && this.live.get(active.id)) ?? [...this.live.values()].at(-1);
  }

  private track(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    const debuggee = new Debuggee((command, args) => session.customRequest(command, args));
    this.live.set(session.id, { session, debuggee });
    const fire = (direction: SessionMessage['direction'], message: ProtocolMessage) =>
      this.messages.fire({ session, debuggee, direction, message });
    return {
      onWillReceiveMessage: (message: ProtocolMessage) => fire('toAdapter', message),
      onDidSendMessage: (message: ProtocolMessage) => fire('fromAdapter', message),
      onExit: () => void this.live.delete(session.id),
    };
  }
}
