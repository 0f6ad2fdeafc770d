// Measured inside VS Code's Node extension host: from a key to its findings, how long other extensions wait, memory of open files.

import * as vscode from 'vscode';
import type { DumpViewerApi } from '../src/extension/features/dump-viewer';
import type { CheckSummary } from '../src/extension/workspace-check/run';
import { codeOf, diagnosticsOf, workspaceFolder } from '../test/harness/editor';
import { report } from '../test/harness/host-entry';
import { eventually, test } from '../test/harness/suite';

const keys = 100;
/** Places in the file at which they are typed. */
const parts = 5;
/** Keys before the measured ones at a place, while VS Code still draws what is new. */
const warmUp = 5;
/** Milliseconds of rest between two measurements, longer than the pause after which typing is looked at. */
const rest = 250;
/** Python that lacks its last bracket: the key that closes it makes the finding. */
const unfinished = '_weights = torch.softmax(torch.zeros(2, 3), dim=-1)\n_entropy = -torch.log(_weights';

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Looks every millisecond, and notes by how much the extension host was late. */
class Lateness {
  readonly milliseconds: number[] = [];
  private isOn = false;

  start(): void {
    this.isOn = true;
    let due = performance.now() + 1;
    const look = (): void => {
      const now = performance.now();
      this.milliseconds.push(Math.max(0, now - due));
      due = now + 1;
      if (this.isOn) setTimeout(look, 1);
    };
    setTimeout(look, 1);
  }

  stop(): void {
    this.isOn = false;
  }
}

/** Lines at which a statement of a module can stand, spread over the file. */
function places(document: vscode.TextDocument, count: number): number[] {
  const between: number[] = [];
  for (let line = 1; line < document.lineCount - 1; line++) {
    if (document.lineAt(line).text === '' && /^(?:def|class) /.test(document.lineAt(line + 1).text)) between.push(line);
  }
  return Array.from({ length: count }, (_, i) => between[Math.floor((i / count) * between.length)] ?? 1);
}

/** Looks again and again: VS Code keeps the event of changed diagnostics back for 50 ms. */
function findingAt(uri: vscode.Uri, line: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const isThere = diagnosticsOf(uri).some((one) => codeOf(one) === 'NAN101' && one.range.start.line === line);
      if (isThere) resolve();
      else setTimeout(look, 1);
    };
    look();
  });
}

const latencies: number[] = [];
/** From the change that an extension is told of, which VS Code itself needs its time for. */
const sinceChange: number[] = [];
const lateness = new Lateness();
/** The same keys with NaN Lens switched off. */
const latenessWithout = new Lateness();
/** From a key to the change that an extension is told of, with NaN Lens switched off. */
const changesWithout: number[] = [];
let lines = 0;

/** Opens the long script at one of the places, with the unfinished Python there until `use`, told its last line, is done. */
async function openAt(
  part: number,
  use: (document: vscode.TextDocument, last: number) => Promise<void>,
): Promise<void> {
  const uri = vscode.Uri.joinPath(workspaceFolder(), 'bench/long.py');
  const editor = await vscode.window.showTextDocument(uri);
  const { document } = editor;
  const line = places(document, parts)[part] ?? 1;
  await editor.edit((builder) => builder.insert(new vscode.Position(line, 0), `\n${unfinished}\n`));
  const last = line + 2;
  const end = document.lineAt(last).range.end;
  editor.selection = new vscode.Selection(end, end);
  await pause(3000);
  try {
    await use(document, last);
  } finally {
    await editor.edit((builder) => builder.delete(new vscode.Range(line, 0, line + 3, 0)));
  }
}

/** Milliseconds from the key that makes the finding, and from the change that an extension is told of; then it is undone. */
async function timeOfKey(
  document: vscode.TextDocument,
  line: number,
): Promise<{ readonly whole: number; readonly own: number }> {
  const found = findingAt(document.uri, line);
  let changed = Number.NaN;
  const changes = vscode.workspace.onDidChangeTextDocument((event) => {
    if (event.document === document) changed = performance.now();
  });
  const begun = performance.now();
  await vscode.commands.executeCommand('type', { text: ')' });
  await found;
  const ended = performance.now();
  changes.dispose();
  await vscode.commands.executeCommand('deleteLeft');
  await pause(rest);
  return { whole: ended - begun, own: ended - changed };
}

for (let part = 0; part < parts; part++) {
  test(
    `from a key to its findings in a script of 3,000 lines, place ${part + 1} of ${parts}`,
    async () => {
      await openAt(part, async (document, last) => {
        lines = document.lineCount;
        for (let i = -warmUp; i < keys / parts; i++) {
          if (i === 0) lateness.start();
          const { whole, own } = await timeOfKey(document, last);
          if (i >= 0) {
            latencies.push(whole);
            sinceChange.push(own);
          }
        }
        lateness.stop();
      });
    },
    { timeout: 50_000 },
  );
}

test(
  'the same keys with NaN Lens switched off',
  async () => {
    const configuration = vscode.workspace.getConfiguration('nanlens');
    await configuration.update('enable', false, vscode.ConfigurationTarget.Global);
    try {
      await openAt(0, async (document) => {
        for (let i = -warmUp; i < keys / parts; i++) {
          if (i === 0) latenessWithout.start();
          const begun = performance.now();
          const changes = vscode.workspace.onDidChangeTextDocument((event) => {
            if (i >= 0 && event.document === document) changesWithout.push(performance.now() - begun);
          });
          await vscode.commands.executeCommand('type', { text: ')' });
          await pause(rest);
          changes.dispose();
          await vscode.commands.executeCommand('deleteLeft');
          await pause(rest);
        }
        latenessWithout.stop();
      });
    } finally {
      await configuration.update('enable', undefined, vscode.ConfigurationTarget.Global);
    }
  },
  { timeout: 50_000 },
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
  { timeout: 55_000 },
);

const sinceChangeBeside: number[] = [];

test(
  'the same keys while a folder is checked',
  async () => {
    const folder = vscode.Uri.joinPath(workspaceFolder(), 'bench/torch');
    await openAt(0, async (document, last) => {
      const check = vscode.commands.executeCommand('nanlens.checkFolder', folder);
      for (let i = -warmUp; i < keys / parts; i++) {
        const { own } = await timeOfKey(document, last);
        if (i >= 0) sinceChangeBeside.push(own);
      }
      await vscode.commands.executeCommand('nanlens.cancelCheck');
      await check;
    });
    await vscode.commands.executeCommand('nanlens.clearWorkspaceFindings');
  },
  { timeout: 55_000 },
);

test(
  'a check of many files',
  async () => {
    const folder = vscode.Uri.joinPath(workspaceFolder(), 'bench/torch/distributed');
    const before = process.memoryUsage().rss;
    const begun = performance.now();
    const summary = await vscode.commands.executeCommand<CheckSummary>('nanlens.checkFolder', folder);
    const seconds = (performance.now() - begun) / 1000;
    const memory = process.memoryUsage().rss - before;
    await report({ type: 'note', note: { checked: summary.checked, checkSeconds: seconds, checkMemory: memory } });
    await vscode.commands.executeCommand('nanlens.clearWorkspaceFindings');
  },
  { timeout: 58_000 },
);

test('what typing has cost', async () => {
  const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
  const late = sorted(lateness.milliseconds);
  const lateWithout = sorted(latenessWithout.milliseconds);
  const all = sorted(latencies);
  const own = sorted(sinceChange);
  await report({
    type: 'note',
    note: {
      lines,
      keys: all.length,
      median: at(all, 0.5),
      p95: at(all, 0.95),
      longest: at(all, 1),
      ownMedian: at(own, 0.5),
      ownP95: at(own, 0.95),
      besideMedian: at(sorted(sinceChangeBeside), 0.5),
      besideP95: at(sorted(sinceChangeBeside), 0.95),
      changeMedianWithout: at(sorted(changesWithout), 0.5),
      changeP95Without: at(sorted(changesWithout), 0.95),
      lateP99: at(late, 0.99),
      lateLongest: at(late, 1),
      lateOften: late.filter((one) => one > 30).length,
      lateP99Without: at(lateWithout, 0.99),
      lateLongestWithout: at(lateWithout, 1),
      lateOftenWithout: lateWithout.filter((one) => one > 30).length,
    },
  });
});

test(
  'the first picture of 1 GB of metrics',
  async () => {
    const extension = vscode.extensions.getExtension<{ readonly dumpViewer: DumpViewerApi }>('nanlens.nanlens');
    if (!extension) throw new Error('the extension is not installed');
    const api = (await extension.activate()).dumpViewer;
    const uri = vscode.Uri.joinPath(workspaceFolder(), 'bench/metrics.jsonl');
    const begun = performance.now();
    await vscode.commands.executeCommand('nanlens.openDump', uri);
    const describe = () => api.request(uri, { method: 'describe', params: null });
    while ((await describe()).status !== 'shown') await pause(20);
    const first = performance.now() - begun;
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await report({ type: 'note', note: { firstPicture: first } });
  },
  { timeout: 55_000 },
);
