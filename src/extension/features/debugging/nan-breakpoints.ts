// The breakpoints of ours in VS Code's list: set, found again by their condition, and taken away in one go.

import * as vscode from 'vscode';
import { isOurCondition } from '../../../analyzer/breakpoints/condition';
import type { PlannedBreakpoint, WatchedValue } from '../../../analyzer/breakpoints/plan';
import type { NanBreakpoint } from './nan-watch';

export class NanBreakpoints {
  /** By the breakpoint's id; what another window has set is not in it. */
  private readonly values = new Map<string, { readonly line: number; readonly values: readonly WatchedValue[] }>();

  /** As they stand now: edits move them. */
  all(): NanBreakpoint[] {
    return ours()
      .filter(({ enabled }) => enabled)
      .map((breakpoint) => {
        const line = breakpoint.location.range.start.line + 1;
        const known = this.values.get(breakpoint.id);
        const moved = line - (known?.line ?? line);
        return {
          path: breakpoint.location.uri.fsPath,
          line,
          condition: breakpoint.condition ?? '',
          values: (known?.values ?? []).map((value) => ({ ...value, line: value.line + moved })),
        };
      });
  }

  /** 1-based lines of a file with a breakpoint of somebody else's, switched on or off. */
  takenIn(uri: vscode.Uri): number[] {
    return vscode.debug.breakpoints
      .filter((each) => each instanceof vscode.SourceBreakpoint)
      .filter(({ condition, location }) => !isOurCondition(condition) && isSame(location.uri, uri))
      .map(({ location }) => location.range.start.line + 1);
  }

  /** Sets what is planned for a file; where one of ours stands already, it is replaced. Returns how many stand there now. */
  set(uri: vscode.Uri, planned: readonly PlannedBreakpoint[]): number {
    const lines = new Set(planned.map(({ line }) => line));
    this.take(ours().filter(({ location }) => isSame(location.uri, uri) && lines.has(location.range.start.line + 1)));
    const made = planned.map(({ line, condition, values }) => {
      const at = new vscode.Location(uri, new vscode.Position(line - 1, 0));
      const breakpoint = new vscode.SourceBreakpoint(at, true, condition);
      this.values.set(breakpoint.id, { line, values });
      return breakpoint;
    });
    vscode.debug.addBreakpoints(made);
    return made.length;
  }

  /** Returns how many there were. */
  removeAll(): number {
    return this.take(ours());
  }

  private take(breakpoints: readonly vscode.SourceBreakpoint[]): number {
    for (const { id } of breakpoints) this.values.delete(id);
    if (breakpoints.length > 0) vscode.debug.removeBreakpoints(breakpoints);
    return breakpoints.length;
  }
}

function ours(): vscode.SourceBreakpoint[] {
  return vscode.debug.breakpoints
    .filter((each) => each instanceof vscode.SourceBreakpoint)
    .filter(({ condition }) => isOurCondition(condition));
}

function isSame(a: vscode.Uri, b: vscode.Uri): boolean {
  return a.toString() === b.toString();
}
