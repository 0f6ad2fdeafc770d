// Findings as diagnostics: while typing, on what is Python and open, and never on anything else.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { codeOf, diagnosticsOf, diagnosticsToBe, openFile, replaceText, typeText, writeFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

const header = 'import torch\n\n\ndef entropy(logits):\n    p = torch.softmax(logits, dim=-1)\n';
const bad = `${header}    return -(p * torch.log(p)).sum()\n`;
const good = `${header}    return -(p * torch.log(p + 1e-6)).sum()\n`;

/** Waits as long as an analysis takes and then some: what has not come by then does not come. */
async function silence(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1200));
}

test('a finding appears while typing and goes when it is mended', async () => {
  const editor = await openFile('typing.py', header);
  await diagnosticsToBe(editor.document.uri, []);
  await typeText(editor, new vscode.Position(5, 0), '    return -(p * torch.log(p)).sum()');
  const [found] = await diagnosticsToBe(editor.document.uri, ['NAN101']);
  assert.equal(found && editor.document.getText(found.range), 'torch.log(p)');
  const afterP = editor.document.positionAt(editor.document.getText().lastIndexOf('log(p)') + 'log(p'.length);
  await typeText(editor, afterP, ' + 1e-6');
  await diagnosticsToBe(editor.document.uri, []);
});

test('a diagnostic has source, link, severity, confidence and evidence', async () => {
  const editor = await openFile('whole.py', bad);
  const [found] = await diagnosticsToBe(editor.document.uri, ['NAN101']);
  if (!found) throw new Error('no diagnostic');
  assert.equal(found.source, 'NaN Lens');
  assert.equal(found.severity, vscode.DiagnosticSeverity.Warning);
  assert.match(found.message, /Confidence: proven\.$/);
  if (typeof found.code !== 'object') throw new Error('the code has no link');
  assert.equal(found.code.target.toString(), 'nanlens-rule:/NAN101.md');
  const evidence = found.relatedInformation?.[0];
  assert.equal(evidence && editor.document.getText(evidence.location.range), 'torch.softmax(logits, dim=-1)');
});

test('the squiggle moves with lines above it at once', async () => {
  const editor = await openFile('moving.py', bad);
  const [before] = await diagnosticsToBe(editor.document.uri, ['NAN101']);
  await editor.edit((builder) => builder.insert(new vscode.Position(0, 0), '# one\n# two\n'));
  const [after] = diagnosticsOf(editor.document.uri);
  assert.equal(after?.range.start.line, (before?.range.start.line ?? 0) + 2);
  assert.equal(after && editor.document.getText(after.range), 'torch.log(p)');
});

test('an untitled Python document is analysed', async () => {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: bad });
  await vscode.window.showTextDocument(document);
  await diagnosticsToBe(document.uri, ['NAN101']);
});

test('nothing is said of what is not Python, and a change of language counts at once', async () => {
  const uri = await writeFile('notes.txt', bad);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  await silence();
  assert.deepEqual(diagnosticsOf(uri), []);
  await vscode.languages.setTextDocumentLanguage(document, 'python');
  await diagnosticsToBe(uri, ['NAN101']);
  await vscode.languages.setTextDocumentLanguage(document, 'plaintext');
  await diagnosticsToBe(uri, []);
});

test('text that no one can write to is left alone', async () => {
  const provider = vscode.workspace.registerTextDocumentContentProvider('old-version', {
    provideTextDocumentContent: () => bad,
  });
  try {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('old-version:/train.py'));
    assert.equal(document.languageId, 'python');
    await vscode.window.showTextDocument(document);
    await silence();
    assert.deepEqual(diagnosticsOf(document.uri), []);
    const uri = await writeFile('train.py', bad);
    await vscode.commands.executeCommand('vscode.diff', document.uri, uri, 'old and new');
    await diagnosticsToBe(uri, ['NAN101']);
    assert.deepEqual(diagnosticsOf(document.uri), [], 'the new side of a diff alone');
  } finally {
    provider.dispose();
  }
});

test('a document that nobody looks at is not analysed', async () => {
  const uri = await writeFile('unseen.py', bad);
  const document = await vscode.workspace.openTextDocument(uri);
  await silence();
  assert.deepEqual(diagnosticsOf(uri), []);
  await vscode.window.showTextDocument(document);
  await diagnosticsToBe(uri, ['NAN101']);
});

test('findings go with the editor that showed them', async () => {
  const editor = await openFile('closing.py', bad);
  await diagnosticsToBe(editor.document.uri, ['NAN101']);
  await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  await diagnosticsToBe(editor.document.uri, []);
});

test('a file system made by an extension serves as well as any', async () => {
  const content = new TextEncoder().encode(bad);
  const changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const refuse = (): never => {
    throw vscode.FileSystemError.NoPermissions();
  };
  const provider = vscode.workspace.registerFileSystemProvider('remote-memory', {
    onDidChangeFile: changes.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => ({
      type: uri.path.endsWith('.py') ? vscode.FileType.File : vscode.FileType.Directory,
      ctime: 0,
      mtime: 0,
      size: content.byteLength,
    }),
    readFile: () => content,
    readDirectory: () => [],
    writeFile: refuse,
    createDirectory: refuse,
    delete: refuse,
    rename: refuse,
  });
  try {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('remote-memory:/project/train.py'));
    await vscode.window.showTextDocument(document);
    await diagnosticsToBe(document.uri, ['NAN101']);
  } finally {
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    provider.dispose();
    changes.dispose();
  }
});

test('broken, empty and strange texts are answered', async () => {
  const editor = await openFile('strange.py', '');
  for (const text of [
    '',
    'def f(:\n',
    '\u0000\u0001',
    '\ud800 = "\udfff"\n',
    `${'('.repeat(20_000)}\n`,
    'print "two"\n',
  ]) {
    await replaceText(editor, text);
    await diagnosticsToBe(editor.document.uri, []);
  }
  await replaceText(editor, bad);
  await diagnosticsToBe(editor.document.uri, ['NAN101']);
  await replaceText(editor, good);
  await diagnosticsToBe(editor.document.uri, []);
});

test('edits faster than the analysis end with the findings of the last text', async () => {
  const editor = await openFile('racing.py', good);
  for (let round = 0; round < 12; round++) {
    await replaceText(editor, round % 2 === 0 ? bad : good);
    await new Promise((resolve) => setTimeout(resolve, round * 20));
  }
  await diagnosticsToBe(editor.document.uri, []);
  await silence();
  assert.deepEqual(diagnosticsOf(editor.document.uri).map(codeOf), []);
});

test('after a restart all that is open is analysed again', async () => {
  const editor = await openFile('restart.py', bad);
  await diagnosticsToBe(editor.document.uri, ['NAN101']);
  await vscode.commands.executeCommand('nanlens.restart');
  await replaceText(editor, good);
  await diagnosticsToBe(editor.document.uri, []);
  await replaceText(editor, bad);
  await diagnosticsToBe(editor.document.uri, ['NAN101']);
});

const rulePage = vscode.Uri.parse('nanlens-rule:/NAN101.md');

function rulePageIsShown(): boolean {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .some(
      ({ input }) =>
        input instanceof vscode.TabInputCustom &&
        input.viewType === 'vscode.markdown.preview.editor' &&
        // A finding's own evidence stands in the query.
        input.uri.with({ query: '' }).toString() === rulePage.toString(),
    );
}

test('the page of a rule opens as a rendered preview, without a network', async () => {
  await openFile('page.py', bad);
  await vscode.commands.executeCommand('nanlens.showRule', 'NAN101');
  await eventually('the page as an open tab', rulePageIsShown);
  const page = new TextDecoder().decode(await vscode.workspace.fs.readFile(rulePage));
  assert.include(page, 'NAN101');
  assert.include(page, 'log-of-possible-zero');
});

test('the finding on the cursor’s line is explained, and a healthy line is not', async () => {
  const editor = await openFile('explain.py', bad);
  await diagnosticsToBe(editor.document.uri, ['NAN101']);
  editor.selection = new vscode.Selection(0, 0, 0, 0);
  await vscode.commands.executeCommand('nanlens.explainFinding');
  assert.isFalse(rulePageIsShown());
  editor.selection = new vscode.Selection(5, 0, 5, 0);
  await vscode.commands.executeCommand('nanlens.explainFinding');
  await eventually('the page as an open tab', rulePageIsShown);
});

test('the analysis runs in a worker, so that other extensions never wait for it', async () => {
  const { document } = await openFile('worker.py', bad);
  await diagnosticsToBe(document.uri, ['NAN101']);
  const api = await vscode.extensions
    .getExtension<{ analysisRunsIn(): string | undefined }>('nanlens.nanlens')
    ?.activate();
  assert.equal(api?.analysisRunsIn(), 'worker');
});

test('findings on a DeepSpeed file beside the script follow it, saved or not', async () => {
  const half = '{"fp16": {"enabled": true}}\n';
  await writeFile('ds_beside.json', half);
  const script = `from transformers import T5ForConditionalGeneration, TrainingArguments

model = T5ForConditionalGeneration.from_pretrained("t5-small")
args = TrainingArguments(output_dir="out", deepspeed="ds_beside.json")
`;
  const { document } = await openFile('beside.py', script);
  const [found] = await diagnosticsToBe(document.uri, ['NAN506']);
  assert.equal(found && document.getText(found.range), '"ds_beside.json"');
  await writeFile('ds_beside.json', half.replace('true', 'false'));
  await diagnosticsToBe(document.uri, []);
  const json = vscode.Uri.joinPath(document.uri, '..', 'ds_beside.json');
  const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(json), {
    viewColumn: vscode.ViewColumn.Beside,
  });
  await replaceText(editor, half);
  await diagnosticsToBe(document.uri, ['NAN506']);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
});
