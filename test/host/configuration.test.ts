// Settings of a project: pyproject.toml counts in the editor, at once; what is wrong in it, or in settings.json, is shown there.
import { assert } from 'chai';
import * as vscode from 'vscode';
import {
  applyCodeAction,
  codeActions,
  diagnosticsOf,
  diagnosticsToBe,
  openFile,
  replaceText,
  workspaceFolder,
  writeFile,
} from '../harness/editor';
import { afterEach, eventually, test } from '../harness/suite';

const hazard =
  'import torch\n\n\ndef entropy(logits):\n    p = torch.softmax(logits, dim=-1)\n    return torch.log(p)\n';
const possible = 'import torch\n\n\ndef f(x: torch.Tensor):\n    return torch.log(x)\n';

function table(...lines: readonly string[]): string {
  return `[project]\nname = "x"\n\n[tool.nanlens]\n${lines.join('\n')}\n`;
}

/** Opens a file in a tab of its own, so that those opened before stay. */
async function keepOpen(name: string, content: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await writeFile(name, content), { preview: false });
}

let changed: string[] = [];

async function set(name: string, value: unknown): Promise<void> {
  changed.push(name);
  await vscode.workspace.getConfiguration('nanlens').update(name, value, vscode.ConfigurationTarget.Workspace);
}

afterEach(async () => {
  for (const name of changed) {
    await vscode.workspace.getConfiguration('nanlens').update(name, undefined, vscode.ConfigurationTarget.Workspace);
  }
  changed = [];
});

/** Waits until the messages on a file match, in order of their place. */
async function messagesToBe(uri: vscode.Uri, wanted: readonly RegExp[]): Promise<vscode.Diagnostic[]> {
  try {
    return await eventually(`messages ${wanted}`, () => {
      const found = diagnosticsOf(uri).sort((a, b) => a.range.start.compareTo(b.range.start));
      const isRight = found.length === wanted.length && found.every(({ message }, i) => wanted[i]?.test(message));
      return isRight && found;
    });
  } catch {
    const found = diagnosticsOf(uri).map(({ message }) => message);
    throw new Error(`Messages on ${uri.path} should be ${wanted}, are ${JSON.stringify(found)}`);
  }
}

/** Waits until a file's one finding has the severity. */
async function severityToBe(uri: vscode.Uri, wanted: vscode.DiagnosticSeverity): Promise<void> {
  await eventually(`severity ${wanted}`, () => {
    const found = diagnosticsOf(uri);
    return found.length === 1 && found[0]?.severity === wanted;
  });
}

test('the nearest pyproject.toml counts, and what is written to it counts at once', async () => {
  await writeFile('p/pyproject.toml', table('ignore = ["NAN1"]'));
  await writeFile('p/q/pyproject.toml', '[project]\nname = "q"\n');
  await writeFile('p/own/pyproject.toml', table('severity = { NAN101 = "error" }'));
  const outer = await keepOpen('p/q/a.py', hazard);
  const inner = await keepOpen('p/own/b.py', hazard);
  await severityToBe(inner.document.uri, vscode.DiagnosticSeverity.Error);
  await diagnosticsToBe(outer.document.uri, []);
  await writeFile('p/pyproject.toml', table('ignore = []'));
  await diagnosticsToBe(outer.document.uri, ['NAN101']);
  // A table that appears nearer takes over, and gives way when it goes.
  const nearer = await writeFile('p/q/pyproject.toml', table('select = ["NAN4"]'));
  await diagnosticsToBe(outer.document.uri, []);
  await vscode.workspace.fs.delete(nearer);
  await diagnosticsToBe(outer.document.uri, ['NAN101']);
});

test('what an editor shows of pyproject.toml counts before it is saved', async () => {
  const { document } = await keepOpen('live/a.py', possible);
  await diagnosticsToBe(document.uri, []);
  const editor = await keepOpen('live/pyproject.toml', '');
  await replaceText(editor, table('min-confidence = "possible"'));
  await diagnosticsToBe(document.uri, ['NAN101']);
  await replaceText(editor, table('min-confidence = "likely"'));
  await diagnosticsToBe(document.uri, []);
});

test('rules are ignored in some files, and some files are left out', async () => {
  await writeFile(
    'files/pyproject.toml',
    table('exclude = ["legacy/"]', '[tool.nanlens.per-file-ignores]', '"tests/*" = ["NAN101"]'),
  );
  const source = await keepOpen('files/src/a.py', hazard);
  const tests = await keepOpen('files/tests/a.py', hazard);
  const legacy = await keepOpen('files/legacy/a.py', hazard);
  await diagnosticsToBe(source.document.uri, ['NAN101']);
  await diagnosticsToBe(tests.document.uri, []);
  await diagnosticsToBe(legacy.document.uri, []);
  await writeFile('files/pyproject.toml', table('exclude = ["src"]'));
  await diagnosticsToBe(source.document.uri, []);
  await diagnosticsToBe(tests.document.uri, ['NAN101']);
  await diagnosticsToBe(legacy.document.uri, ['NAN101']);
});

test('a bad value is told of on its line, and no longer once it is mended', async () => {
  const { document } = await openFile('bad/a.py', hazard);
  const uri = await writeFile(
    'bad/pyproject.toml',
    table('min-confidence = "prooven"', 'selct = []', 'ignore = ["NAN999"]', 'severity = { NAN101 = "hint" }'),
  );
  const problems = await messagesToBe(uri, [/one of .*did you mean "proven"/, /did you mean "select"/, /"NAN999"/]);
  assert.deepEqual(
    problems.map(({ range: { start, end }, severity }) => [start.line, start.character, end.character, severity]),
    [
      [4, 17, 26, vscode.DiagnosticSeverity.Error],
      [5, 0, 5, vscode.DiagnosticSeverity.Warning],
      [6, 10, 18, vscode.DiagnosticSeverity.Warning],
    ],
  );
  // The rest of the table counts all the same.
  await severityToBe(document.uri, vscode.DiagnosticSeverity.Hint);
  const editor = await vscode.window.showTextDocument(uri);
  await replaceText(editor, table('min-confidence = [', 'severity = { NAN101 = "hint" }'));
  await messagesToBe(uri, [/^This is no valid TOML/]);
  await replaceText(editor, table('min-confidence = "proven"'));
  await messagesToBe(uri, []);
  // Someone else's file is none of our business.
  await replaceText(editor, '[project]\nname = \n');
  await messagesToBe(uri, []);
});

test('settings of VS Code and of the project lie over each other as preferred', async () => {
  await writeFile('prefer/pyproject.toml', table('ignore = ["NAN101"]', 'min-confidence = "possible"', 'selct = []'));
  const uri = vscode.Uri.joinPath(workspaceFolder(), 'scratch', 'prefer', 'pyproject.toml');
  const { document } = await openFile('prefer/a.py', hazard);
  await messagesToBe(uri, [/selct/]);
  await diagnosticsToBe(document.uri, []);
  await set('select', ['NAN1']);
  await diagnosticsToBe(document.uri, ['NAN101']);
  await set('configurationPreference', 'filesystemFirst');
  await diagnosticsToBe(document.uri, []);
  await set('select', undefined);
  await set('configurationPreference', 'editorOnly');
  await diagnosticsToBe(document.uri, ['NAN101']);
  await messagesToBe(uri, []);
});

test('a bad setting is told of on its line in settings.json', async () => {
  const { document } = await openFile('settings/a.py', hazard);
  await set('ignore', ['NAN4', 'NAN999']);
  const uri = vscode.Uri.joinPath(workspaceFolder(), '.vscode', 'settings.json');
  const [found] = await messagesToBe(uri, [/"NAN999", which is no rule/]);
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  const line = text.split(/\r?\n/)[found?.range.start.line ?? 0] ?? '';
  assert.equal(line.slice(found?.range.start.character, found?.range.end.character), '"NAN999"');
  await diagnosticsToBe(document.uri, ['NAN101']);
  await set('ignore', ['NAN4']);
  await messagesToBe(uri, []);
});

test('a suppression that silences nothing is faded, and a quick fix removes it', async () => {
  const silenced = hazard.replace('torch.log(p)', 'torch.log(p)  # nanlens: ignore[NAN101, NAN102] p is a mixture');
  const { document } = await openFile('idle.py', silenced);
  const [code] = await diagnosticsToBe(document.uri, ['NAN001']);
  assert.equal(code && document.getText(code.range), 'NAN102');
  assert.deepEqual(code?.tags, [vscode.DiagnosticTag.Unnecessary]);
  assert.equal(code?.severity, vscode.DiagnosticSeverity.Hint);
  const range = code?.range ?? new vscode.Range(0, 0, 0, 0);
  const actions = await codeActions(document, range);
  assert.deepEqual(
    actions.map(({ title }) => title),
    ['Remove NAN102 from the suppression'],
  );
  for (const action of actions) await applyCodeAction(action);
  assert.include(document.getText(), '# nanlens: ignore[NAN101] p is a mixture');
  await diagnosticsToBe(document.uri, []);
  const editor = await vscode.window.showTextDocument(document);
  await replaceText(editor, 'import torch\nx = 1  # nanlens: ignore[NAN101] why\ny = 2  # nanlens: ignore[NAN1O1]\n');
  const [idle] = await messagesToBe(document.uri, [/silences nothing/, /no rule is called "NAN1O1"/i]);
  const [remove] = await codeActions(document, idle?.range ?? range);
  assert.equal(remove?.title, 'Remove the suppression');
  if (remove) await applyCodeAction(remove);
  assert.equal(document.getText(), 'import torch\nx = 1\ny = 2  # nanlens: ignore[NAN1O1]\n');
});

test('findings of a baseline are not shown, until their statement changes', async () => {
  const { document } = await keepOpen('known/src/a.py', hazard);
  await diagnosticsToBe(document.uri, ['NAN101']);
  const project = await writeFile('known/pyproject.toml', table('baseline = "known.json"'));
  await messagesToBe(project, [/^There is no known\.json; "nanlens check --write-baseline known\.json" writes it/]);
  const entry = '{ "code": "NAN101", "count": 1, "text": "return torch.log(p)" }';
  await writeFile('known/known.json', `{ "version": 1, "findings": { "src/a.py": [${entry}] } }`);
  await diagnosticsToBe(document.uri, []);
  await messagesToBe(project, []);
  const editor = await vscode.window.showTextDocument(document);
  await replaceText(editor, `# moved\n${hazard}`);
  await replaceText(editor, `# moved\n${hazard.replace('torch.log(p)', 'torch.log(p) * 2')}`);
  await diagnosticsToBe(document.uri, ['NAN101']);
  await replaceText(editor, hazard);
  await diagnosticsToBe(document.uri, []);
  await writeFile('known/known.json', '{ "version": 2, "findings": {} }');
  await messagesToBe(project, [/^The baseline known\.json has version 2/]);
  await diagnosticsToBe(document.uri, ['NAN101']);
});
