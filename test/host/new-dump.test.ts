// A dump that a run has just written is told of quietly, until it is opened or dismissed.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { openFile, workspaceFolder, writeFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

interface Api {
  newDump(): { readonly uri: vscode.Uri; readonly text: string } | undefined;
}

async function extension(): Promise<Api> {
  const found = vscode.extensions.getExtension<Api>('nanlens.nanlens');
  if (!found) throw new Error('The extension is not installed');
  return found.activate();
}

function dump(step: number): string {
  return JSON.stringify({
    nandump: 1,
    verdict: { sentence: `Step ${step}: broken.`, confidence: 'certain' },
    anomalies: [{ kind: 'loss-nan', role: 'first', step, message: 'the loss is NaN' }],
  });
}

function told(api: Api, text: string | undefined): Promise<true> {
  return eventually(`the status bar tells ${text}`, () => api.newDump()?.text === text);
}

function openPaths(): string[] {
  return vscode.window.tabGroups.all.flatMap((group) =>
    group.tabs.flatMap(({ input }) => (input instanceof vscode.TabInputCustom ? [input.uri.path] : [])),
  );
}

let folders = 0;

/**
 * A new folder of which the file watchers of VS Code have heard, as they have of the folder of a user's script. What is
 * put into a folder right after it is made, and now and then the folder itself, they never hear of.
 */
async function watchedFolder(name: string): Promise<string> {
  for (let round = 1; round <= 5; round++) {
    const folder = `${name}-${++folders}`;
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${folder}/*.txt`);
    let isHeard = false;
    watcher.onDidCreate(() => {
      isHeard = true;
    });
    try {
      for (let file = 0; file < 6 && !isHeard; file++) {
        await writeFile(`${folder}/${file}.txt`, '');
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
    } finally {
      watcher.dispose();
    }
    if (isHeard) return folder;
  }
  throw new Error('The file watchers of VS Code hear of no new folder');
}

test('a new dump is told of in the status bar, and is opened from there', async () => {
  const api = await extension();
  // The tests of the viewer have written dumps, too, whose news may still be there.
  await eventually('no news is left', async () => {
    await vscode.commands.executeCommand('nanlens.dismissNewDump');
    return api.newDump() === undefined;
  });
  const runs = await watchedFolder('runs');
  const uri = await writeFile(`${runs}/step-237.rank-0.nandump.json`, dump(237));
  await told(api, '$(bug) NaN dump: step 237');
  await vscode.commands.executeCommand('nanlens.openNewDump');
  await eventually('the dump is open', () => openPaths().includes(uri.path));
  await told(api, undefined);
  // Another rank of a step that is open is no news; the next step is.
  await writeFile(`${runs}/step-237.rank-1.nandump.json`, dump(237));
  await writeFile(`${runs}/step-300.rank-0.nandump.json`, dump(300));
  await told(api, '$(bug) NaN dump: step 300');
});

test('the news of a dump goes when it is opened by hand, dismissed or deleted', async () => {
  const api = await extension();
  const runs = await watchedFolder('runs');
  const first = await writeFile(`${runs}/step-1.rank-0.nandump.json`, dump(1));
  await told(api, '$(bug) NaN dump: step 1');
  await vscode.commands.executeCommand('vscode.open', first);
  await told(api, undefined);
  await writeFile(`${runs}/step-2.rank-0.nandump.json`, dump(2));
  await told(api, '$(bug) NaN dump: step 2');
  await vscode.commands.executeCommand('nanlens.dismissNewDump');
  await told(api, undefined);
  const third = await writeFile(`${runs}/of-mine.nandump.json`, dump(3));
  await told(api, '$(bug) NaN dump: of-mine.nandump.json');
  await vscode.workspace.fs.delete(third);
  await told(api, undefined);
});

test('a dump in folders that are hardly older than it is told of', async () => {
  const api = await extension();
  // The folder of the script is old, those of the recorder are not.
  const project = await watchedFolder('project');
  for (let step = 1; step <= 4; step++) {
    await writeFile(`${project}/nanlens-dumps/run-${step}/step-${step}.rank-0.nandump.json`, dump(step));
    await told(api, `$(bug) NaN dump: step ${step}`);
    await vscode.commands.executeCommand('nanlens.dismissNewDump');
    const folder = vscode.Uri.joinPath(workspaceFolder(), `scratch/${project}/nanlens-dumps`);
    await vscode.workspace.fs.delete(folder, { recursive: true });
  }
});

test('where it is switched off, a new dump is not told of', async () => {
  const api = await extension();
  const runs = await watchedFolder('runs');
  await openFile(`${runs}/train.py`, 'import torch\n');
  const settings = vscode.workspace.getConfiguration('nanlens');
  await settings.update('recorder.notify', 'off', vscode.ConfigurationTarget.Workspace);
  try {
    await writeFile(`${runs}/step-5.rank-0.nandump.json`, dump(5));
    // Long enough for what is on in the other tests.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.equal(api.newDump()?.text, undefined);
  } finally {
    await settings.update('recorder.notify', undefined, vscode.ConfigurationTarget.Workspace);
  }
});
