// Measured inside VS Code's Node extension host: from a key to its findings, how long other extensions wait, memory of open files.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { codeOf, diagnosticsOf, workspaceFolder } from '../test/harness/editor';
import { report } from '../test/harness/host-entry';
import { eventually, test } from '../test/harness/suite';

const keys = 100;
/** Milliseconds of rest between two measurements, longer than the pause after which typing is looked at. */
const rest = 250;
/** Python that lacks its last bracket: the key that closes it makes the finding. */
const unfinished = '_weights = torch.softmax(torch.zeros(2, 3), dim=-1)\n_entropy = -torch.log(_weights';

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Lines at which a statement of a module can stand, spread over the file. */
function places(document: vscode.TextDocument, count: number): number[] {
  const between: number[] = [];
  for (let line = 1; line < document.lineCount - 1; line++) {
    if (document.lineAt(line).text === '' && /^(?:def|class) /.test(document.lineAt(line + 1).text)) between.push(line);
  }
  return Array.from({ length: count }, (_, i) => between[Math.floor((i / count) * between.length)] ?? 1);
}

function findingAt(uri: vscode.Uri, line: number): Promise<void> {
  return new Promise((resolve) => {
    const isThere = (): boolean =>
      diagnosticsOf(uri).some((one) => codeOf(one) === 'NAN101' && one.range.start.line === line);
    const listener = vscode.languages.onDidChangeDiagnostics(() => {
      if (!isThere()) return;
      listener.dispose();
      resolve();
    });
  });
}

test(
  'from a key to its findings in a script of 3,000 lines',
  async () => {
    const uri = vscode.Uri.joinPath(workspaceFolder(), 'bench/long.py');
    const editor = await vscode.window.showTextDocument(uri);
    const { document } = editor;
    const lines = document.lineCount;
    const latencies: number[] = [];
    const delays = monitorEventLoopDelay({ resolution: 1 });
    for (const line of places(document, 5)) {
      await editor.edit((builder) => builder.insert(new vscode.Position(line, 0), `\n${unfinished}\n`));
      const last = line + 2;
      const end = document.lineAt(last).range.end;
      editor.selection = new vscode.Selection(end, end);
      await pause(2000);
      delays.enable();
      for (let i = 0; i < keys / 5; i++) {
        const found = findingAt(uri, last);
        const begun = performance.now();
        await vscode.commands.executeCommand('type', { text: ')' });
        await found;
        latencies.push(performance.now() - begun);
        await vscode.commands.executeCommand('deleteLeft');
        await pause(rest);
      }
      delays.disable();
      await vscode.commands.executeCommand('workbench.action.files.revert');
      await pause(500);
    }
    const sorted = latencies.sort((a, b) => a - b);
    await report({
      type: 'note',
      note: {
        lines,
        keys: sorted.length,
        median: at(sorted, 0.5),
        p95: at(sorted, 0.95),
        longest: at(sorted, 1),
        blockedP99: delays.percentile(99) / 1e6,
        blockedLongest: delays.max / 1e6,
      },
    });
  },
  { timeout: 300_000 },
);

test(
  'memory of 50 open files',
  async () => {
    const folder = vscode.Uri.joinPath(workspaceFolder(), 'bench/many');
    const names = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let lines = 0;
    for (const name of names) {
      const uri = vscode.Uri.joinPath(folder, name);
      const editor = await vscode.window.showTextDocument(uri, { preview: false });
      lines += editor.document.lineCount;
      await pause(150);
    }
    await eventually('the analysis of all of them', async () => {
      await pause(1500);
      return true;
    });
    const after = process.memoryUsage().rss;
    await report({ type: 'note', note: { files: names.length, fileLines: lines, memory: after - before } });
  },
  { timeout: 120_000 },
);
