// Checks of more than what is open: what they find, what they leave alone, how they end, and that nothing of it grows stale.
import { assert } from 'chai';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension/activate';
import type { FindingNode } from '../../src/extension/features/findings-tree/model';
import type { CheckSummary } from '../../src/extension/workspace-check/run';
import {
  DISCOVERY_TREE,
  FOUND_BY_EDITOR,
  FOUND_IN_EACH,
  FOUND_IN_TREE,
  HIDDEN_IN_EDITOR,
} from '../harness/discovery-tree';
import { diagnosticsOf, diagnosticsToBe, openFile, replaceText, workspaceFolder, writeFile } from '../harness/editor';
import { isWebHost } from '../harness/host-entry';
import { afterEach, eventually, test } from '../harness/suite';

const healthy = 'import torch\nq = torch.log_softmax(torch.randn(3), 0)\n';
const logits = 'import torch\n\n\ndef f(x: torch.Tensor):\n    p = torch.softmax(x, dim=-1)\n    return torch.log(p)\n';

async function api(): Promise<ExtensionApi> {
  const extension = vscode.extensions.getExtension<ExtensionApi>('nanlens.nanlens');
  if (!extension) throw new Error('nanlens.nanlens is not installed');
  return extension.activate();
}

function scratch(name = ''): vscode.Uri {
  return vscode.Uri.joinPath(workspaceFolder(), 'scratch', name);
}

async function checkScratch(): Promise<CheckSummary> {
  const summary = await vscode.commands.executeCommand<CheckSummary | undefined>('nanlens.checkFolder', scratch());
  if (!summary) throw new Error('nothing was checked');
  return summary;
}

/** The view's nodes of one kind, in the order in which they are shown. */
async function shown<K extends FindingNode['kind']>(kind: K): Promise<Extract<FindingNode, { kind: K }>[]> {
  const { view } = (await api()).workspaceCheck;
  const all = (nodes: readonly FindingNode[]): FindingNode[] =>
    nodes.flatMap((node) => [node, ...all(view.getChildren(node))]);
  return all(view.getChildren()).filter((node): node is Extract<FindingNode, { kind: K }> => node.kind === kind);
}

/** Paths below scratch/ of the files in the view. */
async function shownFiles(): Promise<string[]> {
  return (await shown('file')).map(({ file }) => file.path.replace(/^scratch\//, ''));
}

async function shownFilesToBe(wanted: readonly string[]): Promise<void> {
  let last: string[] = [];
  await eventually('files in the view', async () => {
    last = await shownFiles();
    return JSON.stringify(last) === JSON.stringify(wanted);
  }).catch(() => assert.deepEqual(last, wanted));
}

/** Node's modules, where this host has them: for what no API of VS Code can make. */
function nodeModule<T>(name: string): T | undefined {
  return isWebHost ? undefined : (process.getBuiltinModule(name) as T);
}

afterEach(async () => {
  await vscode.commands.executeCommand('nanlens.clearWorkspaceFindings');
  await vscode.commands.executeCommand('nanlens.groupFindingsByFile');
});

test('nothing but what is open is looked at before a check is asked for', async () => {
  const closed = await writeFile('closed.py', FOUND_IN_EACH);
  const open = await openFile('open.py', FOUND_IN_EACH);
  await diagnosticsToBe(open.document.uri, ['NAN101']);
  await shownFilesToBe(['open.py']);
  assert.deepEqual(diagnosticsOf(closed), []);
  assert.equal((await api()).workspaceCheck.files.size, 0);
});

test(
  'a folder gives the files that the command line finds, less what the editor hides',
  async () => {
    const files = vscode.workspace.getConfiguration('files');
    for (const [path, content] of Object.entries(DISCOVERY_TREE)) await writeFile(path, content);
    const fs = nodeModule<typeof import('node:fs')>('node:fs');
    fs?.symlinkSync(scratch().fsPath, scratch('src/loop').fsPath);
    fs?.symlinkSync(scratch('a.py').fsPath, scratch('src/link.py').fsPath);
    fs?.symlinkSync('nowhere.py', scratch('broken.py').fsPath);
    await files.update('exclude', HIDDEN_IN_EDITOR, vscode.ConfigurationTarget.Workspace);
    try {
      const summary = await checkScratch();
      assert.deepEqual(summary.problems, []);
      await shownFilesToBe([...FOUND_BY_EDITOR].sort());
      assert.equal(summary.findings, FOUND_BY_EDITOR.length);
    } finally {
      await files.update('exclude', undefined, vscode.ConfigurationTarget.Workspace);
    }
    await checkScratch();
    await shownFilesToBe([...FOUND_IN_TREE].sort());
    const { execFileSync } = nodeModule<typeof import('node:child_process')>('node:child_process') ?? {};
    const extension = vscode.extensions.getExtension('nanlens.nanlens')?.extensionUri;
    if (!execFileSync || !extension) return;
    const cli = vscode.Uri.joinPath(extension, '../../cli.js').fsPath;
    const args = [cli, 'check', '.', '--output-format', 'json', '--exit-zero'];
    const report = JSON.parse(execFileSync(process.execPath, args, { cwd: scratch().fsPath, encoding: 'utf8' })) as {
      readonly findings: readonly { readonly path: string }[];
    };
    assert.deepEqual([...new Set(report.findings.map(({ path }) => path))].sort(), [...FOUND_IN_TREE].sort());
  },
  { timeout: 60_000 },
);

test(
  'the whole workspace is checked, each finding stands where it is, and clearing takes all away',
  async () => {
    const uri = await writeFile('deep/down/loss.py', logits);
    const summary = await vscode.commands.executeCommand<CheckSummary>('nanlens.checkWorkspace');
    assert.isAbove(summary.found, 1);
    assert.equal(summary.checked, summary.found);
    const [found] = await diagnosticsToBe(uri, ['NAN101']);
    assert.equal(found?.range.start.line, 5);
    assert.include(found?.message ?? '', 'Confidence: proven');
    const { view } = (await api()).workspaceCheck;
    assert.include(view.message ?? '', `${summary.found} files checked`);
    const file = (await shown('file')).find((node) => node.file.path === 'scratch/deep/down/loss.py');
    const [finding] = file?.children ?? [];
    const item = finding && view.getTreeItem(finding);
    assert.equal(item?.description, 'NAN101 · line 6');
    assert.match(
      item?.accessibilityInformation?.label ?? '',
      /^Warning: .+ NAN101, scratch\/deep\/down\/loss\.py, line 6$/,
    );
    await vscode.commands.executeCommand(item?.command?.command ?? '', ...(item?.command?.arguments ?? []));
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), uri.toString());
    assert.equal(
      vscode.window.activeTextEditor?.document.getText(vscode.window.activeTextEditor.selection),
      'torch.log(p)',
    );
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('nanlens.clearWorkspaceFindings');
    await diagnosticsToBe(uri, []);
    await shownFilesToBe([]);
    assert.isUndefined(view.message);
  },
  { timeout: 60_000 },
);

test(
  'a check that is cancelled keeps what it has found, and says so',
  async () => {
    const names = Array.from({ length: 200 }, (_, i) => `many/f${String(i).padStart(3, '0')}.py`);
    // Different texts, so that each costs something.
    await Promise.all(names.map((name, i) => writeFile(name, FOUND_IN_EACH.replaceAll('q', `q${i}`).repeat(20))));
    const running = checkScratch();
    const { workspaceCheck } = await api();
    await eventually('some files are checked', () => (workspaceCheck.progress?.done ?? 0) >= 5);
    await vscode.commands.executeCommand('nanlens.cancelCheck');
    const summary = await running;
    assert.isTrue(summary.isCancelled);
    assert.isAtLeast(summary.checked, 5);
    assert.isBelow(summary.checked, names.length);
    assert.equal(summary.findings, summary.checked * 20);
    assert.include(workspaceCheck.view.message ?? '', `Cancelled after ${summary.checked} of 200 files`);
    const kept = await eventually('files in the view', async () => (await shownFiles()).length);
    assert.isAtLeast(kept, summary.checked);
    assert.isUndefined(workspaceCheck.progress);
  },
  { timeout: 60_000 },
);

test(
  'what is changed or deleted on the disk afterwards is checked again or forgotten',
  async () => {
    const uri = await writeFile('changing.py', FOUND_IN_EACH);
    const gone = await writeFile('gone.py', FOUND_IN_EACH);
    const inFolder = await writeFile('folder/in.py', FOUND_IN_EACH);
    const later = await writeFile('later.py', healthy);
    await checkScratch();
    for (const each of [uri, gone, inFolder]) await diagnosticsToBe(each, ['NAN101']);
    await writeFile('changing.py', healthy);
    await diagnosticsToBe(uri, []);
    await writeFile('later.py', FOUND_IN_EACH);
    await diagnosticsToBe(later, ['NAN101']);
    await vscode.workspace.fs.delete(gone);
    await diagnosticsToBe(gone, []);
    await vscode.workspace.fs.delete(scratch('folder'), { recursive: true });
    await diagnosticsToBe(inFolder, []);
    await shownFilesToBe(['later.py']);
    const unasked = await writeFile('unasked.py', FOUND_IN_EACH);
    await writeFile('later.py', healthy);
    await diagnosticsToBe(later, []);
    assert.deepEqual(diagnosticsOf(unasked), []);
  },
  { timeout: 60_000 },
);

test(
  'an open file counts as its editor has it, and as it is saved once that is closed',
  async () => {
    const uri = await writeFile('open.py', FOUND_IN_EACH);
    await checkScratch();
    await diagnosticsToBe(uri, ['NAN101']);
    const editor = await vscode.window.showTextDocument(uri);
    await replaceText(editor, `${FOUND_IN_EACH}r = torch.log(p)\n`);
    await diagnosticsToBe(uri, ['NAN101', 'NAN101']);
    await eventually('two in the view', async () => (await shown('finding')).length === 2);
    await replaceText(editor, healthy);
    await diagnosticsToBe(uri, []);
    await shownFilesToBe([]);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await diagnosticsToBe(uri, ['NAN101']);
    await shownFilesToBe(['open.py']);

    const again = await vscode.window.showTextDocument(uri);
    await replaceText(again, healthy);
    await diagnosticsToBe(uri, []);
    await again.document.save();
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await diagnosticsToBe(uri, []);
    await eventually('checked again', async () => (await api()).workspaceCheck.files.get(uri)?.findings.length === 0);
    await diagnosticsToBe(uri, []);
  },
  { timeout: 60_000 },
);

test('findings of a file that no check was about go with its editor', async () => {
  const { document } = await openFile('alone.py', FOUND_IN_EACH);
  await diagnosticsToBe(document.uri, ['NAN101']);
  await shownFilesToBe(['alone.py']);
  await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  await diagnosticsToBe(document.uri, []);
  await shownFilesToBe([]);
});

test(
  'a notebook is checked by cells, closed and open',
  async () => {
    const cell = (source: string, kind = 'code'): object => ({
      cell_type: kind,
      metadata: {},
      source,
      ...(kind === 'code' && { execution_count: null, outputs: [] }),
    });
    const cells = [
      cell('# Losses', 'markdown'),
      cell('import torch\np = torch.softmax(torch.randn(3), 0)'),
      cell('\nq = torch.log(p)'),
    ];
    const json = JSON.stringify(
      { cells, metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 },
      null,
      1,
    );
    const uri = await writeFile('book.ipynb', json);
    await checkScratch();
    const [found] = await diagnosticsToBe(uri, ['NAN101']);
    assert.match(found?.message ?? '', /^Cell 3, line 2: /);
    assert.equal(
      json.split('\n')[found?.range.start.line ?? 0]?.slice(found?.range.start.character, found?.range.end.character),
      'torch.log(p)',
    );
    const [node] = await shown('finding');
    const { view } = (await api()).workspaceCheck;
    const item = node && view.getTreeItem(node);
    assert.equal(item?.description, 'NAN101 · cell 3, line 2');
    await vscode.commands.executeCommand(item?.command?.command ?? '', ...(item?.command?.arguments ?? []));
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    assert.equal(notebook?.uri.toString(), uri.toString());
    await diagnosticsToBe(notebook?.cellAt(2).document.uri ?? uri, ['NAN101']);
    await diagnosticsToBe(uri, []);
    assert.deepEqual(
      (await shown('finding')).map(({ finding }) => [finding.cell, finding.place.start.line]),
      [[3, 1]],
    );
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await diagnosticsToBe(uri, ['NAN101']);
  },
  { timeout: 60_000 },
);

test('findings are grouped by rule or by file, which is remembered', async () => {
  await writeFile('one.py', FOUND_IN_EACH);
  await writeFile('two.py', `${FOUND_IN_EACH}loss = (p == float('nan')).sum()\n`);
  await checkScratch();
  await shownFilesToBe(['one.py', 'two.py']);
  await vscode.commands.executeCommand('nanlens.groupFindingsByRule');
  const { view } = (await api()).workspaceCheck;
  assert.equal(view.grouping, 'rule');
  assert.deepEqual(
    (await shown('rule')).map(({ code, count }) => [code, count]),
    [
      ['NAN101', 2],
      ['NAN110', 1],
    ],
  );
  assert.deepEqual(await shown('file'), []);
  const [first] = await shown('finding');
  assert.equal(first && view.getTreeItem(first).label, 'one.py, line 3');
  await vscode.commands.executeCommand('nanlens.groupFindingsByFile');
  assert.equal(view.grouping, 'file');
});

test('settings count for what was checked too', async () => {
  const uri = await writeFile('ignored.py', FOUND_IN_EACH);
  await checkScratch();
  await diagnosticsToBe(uri, ['NAN101']);
  const settings = vscode.workspace.getConfiguration('nanlens');
  try {
    await settings.update('ignore', ['NAN101'], vscode.ConfigurationTarget.Workspace);
    await diagnosticsToBe(uri, []);
    assert.include((await api()).workspaceCheck.view.message ?? '', 'settings have changed');
  } finally {
    await settings.update('ignore', undefined, vscode.ConfigurationTarget.Workspace);
  }
});

test('a fix is applied from the view, in an editor where it can be undone', async () => {
  const uri = await writeFile('mend.py', logits);
  await checkScratch();
  await diagnosticsToBe(uri, ['NAN101']);
  const node = await eventually('the finding in the view', async () => (await shown('finding'))[0]);
  assert.isTrue(node.finding.isFixable);
  const fixing = vscode.commands.executeCommand('nanlens.fixListedFinding', node);
  const accepting = eventually('the file is changed', async () => {
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    return vscode.window.activeTextEditor?.document.isDirty;
  });
  await Promise.all([fixing, accepting]);
  assert.include(vscode.window.activeTextEditor?.document.getText() ?? '', 'log_softmax');
  await diagnosticsToBe(uri, []);
});

test(
  'changed files are those that Git tells of; without it, it is said in words',
  async () => {
    const { execFileSync } = nodeModule<typeof import('node:child_process')>('node:child_process') ?? {};
    if (!execFileSync) {
      assert.isUndefined(await vscode.commands.executeCommand('nanlens.checkChangedFiles'));
      return;
    }
    const changed = await writeFile('repo/changed.py', healthy);
    const staged = await writeFile('repo/staged.py', healthy);
    const same = await writeFile('repo/same.py', FOUND_IN_EACH);
    await writeFile('repo/.gitignore', 'ignored.py\n');
    const git = (...args: string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=N', '-c', 'user.email=n@example.org', ...args], {
        cwd: scratch('repo').fsPath,
      });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'first');
    const extension = vscode.extensions.getExtension('vscode.git');
    const exported = (await extension?.activate()) as {
      getAPI(version: 1): { openRepository(root: vscode.Uri): Promise<unknown> };
    };
    await exported.getAPI(1).openRepository(scratch('repo'));
    await writeFile('repo/changed.py', FOUND_IN_EACH);
    await writeFile('repo/staged.py', FOUND_IN_EACH);
    git('add', 'staged.py');
    const added = await writeFile('repo/new.py', FOUND_IN_EACH);
    await writeFile('repo/ignored.py', FOUND_IN_EACH);
    await writeFile('repo/notes.txt', FOUND_IN_EACH);
    const summary = await vscode.commands.executeCommand<CheckSummary>('nanlens.checkChangedFiles');
    assert.equal(summary.found, 3);
    for (const uri of [changed, staged, added]) await diagnosticsToBe(uri, ['NAN101']);
    await diagnosticsToBe(same, []);
  },
  { timeout: 60_000 },
);
