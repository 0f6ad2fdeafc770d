// Measured inside VS Code's Node extension host: from a key to its findings, how long other extensions wait, memory of open files.

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { codeOf, diagnosticsOf, workspaceFolder } from '../test/harness/editor';
import { report } from '../test/harness/host-entry';
import { eventually, test } from '../test/harness/suite';

const keys = 100;
/** Places in the file at which they are typed. */
const parts = 5;
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

const latencies: number[] = [];
/** From the change that an extension is told of, which VS Code itself needs its time for. */
const sinceChange: number[] = [];
/** One for each place: a histogram that rests takes its rest for a delay. */
const delays: IntervalHistogram[] = [];
let lines = 0;

for (let part = 0; part < parts; part++) {
  test(
    `from a key to its findings in a script of 3,000 lines, place ${part + 1} of ${parts}`,
    async () => {
      const uri = vscode.Uri.joinPath(workspaceFolder(), 'bench/long.py');
      const editor = await vscode.window.showTextDocument(uri);
      const { document } = editor;
      lines = document.lineCount;
      const line = places(document, parts)[part] ?? 1;
      await editor.edit((builder) => builder.insert(new vscode.Position(line, 0), `\n${unfinished}\n`));
      const last = line + 2;
      const end = document.lineAt(last).range.end;
      editor.selection = new vscode.Selection(end, end);
      await pause(3000);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delays.push(delay);
      delay.enable();
      for (let i = 0; i < keys / parts; i++) {
        const found = findingAt(uri, last);
        let changed = Number.NaN;
        const changes = vscode.workspace.onDidChangeTextDocument((event) => {
          if (event.document === document) changed = performance.now();
        });
        const begun = performance.now();
        await vscode.commands.executeCommand('type', { text: ')' });
        await found;
        const ended = performance.now();
        changes.dispose();
        latencies.push(ended - begun);
        sinceChange.push(ended - changed);
        await vscode.commands.executeCommand('deleteLeft');
        await pause(rest);
      }
      delay.disable();
    },
    { timeout: 50_000 },
  );
}

test('what typing has cost', async () => {
  const sorted = latencies.sort((a, b) => a - b);
  const own = sinceChange.sort((a, b) => a - b);
  await report({
    type: 'note',
    note: {
      lines,
      keys: sorted.length,
      median: at(sorted, 0.5),
      p95: at(sorted, 0.95),
      longest: at(sorted, 1),
      ownMedian: at(own, 0.5),
      ownP95: at(own, 0.95),
      blockedP99: Math.max(...delays.map((delay) => delay.percentile(99))) / 1e6,
      blockedLongest: Math.max(...delays.map(({ max }) => max)) / 1e6,
    },
  });
});

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
  { timeout: 55_000 },
);
