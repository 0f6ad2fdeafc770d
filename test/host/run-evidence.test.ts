// A dump that is open marks its lines in the source: findings are raised, hovers show values, and one command clears it all.
import { assert } from 'chai';
import * as vscode from 'vscode';
import type { DumpViewerApi } from '../../src/extension/features/dump-viewer';
import type { FixOutcome } from '../../src/protocol/messages';
import { codeOf, diagnosticsOf, openFile, writeFile } from '../harness/editor';
import { eventually, test } from '../harness/suite';

const source = [
  'import torch',
  '',
  'def entropy(logits):',
  '    p = torch.relu(logits)',
  '    return -(p * torch.log(p)).sum()',
  '',
  'def mean_error(x, y):',
  '    return (x - y).abs().mean()',
  '',
].join('\n');

/** What the recorder would say of two lines of that source. */
function dumpOf(path: string): string {
  const stats = { shape: [8], dtype: 'float32', nan: 0, posInf: 0 };
  const log = { path, line: 5, function: 'entropy', text: '    return -(p * torch.log(p)).sum()' };
  const mean = { path, line: 8, function: 'mean_error', text: '    return (x - y).abs().mean()' };
  const input = { ...stats, name: 'input 0', min: 0, max: 3, absMin: 0, negInf: 0 };
  const output = { ...stats, name: 'output 0', min: -2, max: 1.1, negInf: 3 };
  return JSON.stringify({
    nandump: 1,
    verdict: { sentence: 'Step 7, forward: `log` at entropy.py:5 gives −Inf.', confidence: 'certain' },
    anomalies: [
      {
        kind: 'inf-forward',
        value: '-inf',
        role: 'first',
        op: 'aten::log',
        step: 7,
        source: log,
        frames: [{ ...log, isUser: true }],
        message: 'log gives −Inf',
        rules: ['NAN101'],
        tensors: [input, output],
      },
      {
        kind: 'loss-nan',
        value: 'nan',
        role: 'consequence',
        step: 7,
        source: mean,
        frames: [{ ...mean, isUser: true }],
        message: 'the loss is NaN',
      },
    ],
    operations: [
      { name: 'aten::relu', phase: 'forward', source: { ...log, line: 4 }, outputs: [{ ...input, name: null }] },
      { name: 'aten::log', phase: 'forward', source: log, inputs: [input], outputs: [output], nonFinite: true },
    ],
  });
}

const clear = () => vscode.commands.executeCommand('nanlens.clearRunEvidence');

function lineOf(uri: vscode.Uri, line: number): vscode.Diagnostic | undefined {
  return diagnosticsOf(uri).find(({ range }) => range.start.line === line - 1);
}

async function hoverText(uri: vscode.Uri, line: number): Promise<string> {
  const at = new vscode.Position(line - 1, 8);
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, at);
  return hovers
    .flatMap(({ contents }) => contents.map((one) => (typeof one === 'string' ? one : one.value)))
    .join('\n');
}

test('a blamed line raises its finding, shows its values, and follows edits; one command clears it', async () => {
  await clear();
  const { document } = await openFile('evidence/entropy.py', source);
  const { uri } = document;
  await eventually('the finding is there', () => lineOf(uri, 5));
  assert.notEqual(lineOf(uri, 5)?.severity, vscode.DiagnosticSeverity.Error);
  // The run was on another machine.
  const dump = await writeFile('evidence/entropy.nandump.json', dumpOf('/cluster/job/evidence/entropy.py'));
  await vscode.commands.executeCommand('nanlens.openDump', dump);
  const raised = await eventually('it is raised', () => {
    const found = lineOf(uri, 5);
    return found?.severity === vscode.DiagnosticSeverity.Error && found;
  });
  assert.equal(codeOf(raised), 'NAN101');
  assert.include(raised.message, 'Seen in a run. entropy.nandump.json: step 7, forward: `log` gives −infinity');
  assert.include(raised.message, 'output 0 holds 3 −Inf in 8 elements; input 0 ran from 0 to 3.');
  assert.isTrue(raised.relatedInformation?.some(({ location }) => location.uri.toString() === dump.toString()));
  const other = lineOf(uri, 8);
  assert.equal(other?.severity, vscode.DiagnosticSeverity.Information, 'a line that no rule knows has its own');
  assert.include(other?.message, 'the loss is NaN');
  const hover = await hoverText(uri, 5);
  assert.include(hover.replaceAll('&nbsp;', ' '), 'input 0 float32');
  assert.include(hover.replaceAll('&nbsp;', ' '), '3 −Inf');
  assert.include((await hoverText(uri, 4)).replaceAll('&nbsp;', ' '), 'relu');

  const editor = await vscode.window.showTextDocument(document);
  // It moves with its line, and goes where the line is another.
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# moved\n'));
  await eventually('it has moved', () => lineOf(uri, 6)?.severity === vscode.DiagnosticSeverity.Error);
  await editor.edit((edit) => edit.replace(document.lineAt(5).range, '    return -(p * torch.log(p + 1)).sum()'));
  await eventually('it is gone', () => !diagnosticsOf(uri).some(({ message }) => message.includes('forward: `log`')));
  assert.notInclude(await hoverText(uri, 6), 'input 0');

  await clear();
  await eventually(
    'nothing is said any more',
    () => !diagnosticsOf(uri).some(({ message }) => message.includes('run')),
  );
  assert.equal(await hoverText(uri, 5), '');
});

test('the fix that a rule has for the blamed line is applied from the viewer', async () => {
  await clear();
  const uri = await writeFile('evidence/to_mend.py', source);
  const dump = await writeFile('evidence/to_mend.nandump.json', dumpOf('/cluster/job/evidence/to_mend.py'));
  const extension = vscode.extensions.getExtension<{ readonly dumpViewer: DumpViewerApi }>('nanlens.nanlens');
  if (!extension) throw new Error('The extension is not installed');
  const { dumpViewer } = await extension.activate();
  await vscode.commands.executeCommand('nanlens.openDump', dump);
  const press = (): Promise<FixOutcome> => dumpViewer.request(dump, { method: 'pressApplyFix', params: null });
  // The rule has more than one fix: the first of the list that comes up is taken.
  let pressed: FixOutcome | undefined;
  await eventually('a fix is applied', async () => {
    const pressing = press().then((outcome) => {
      pressed = outcome;
    });
    for (let i = 0; i < 20 && !pressed; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    }
    await pressing;
    if (pressed?.outcome === 'applied') return true;
    pressed = undefined;
    return false;
  });
  assert.include(pressed?.message, 'to_mend.py');
  const mended = await vscode.workspace.openTextDocument(uri);
  assert.notInclude(mended.getText(), 'torch.log(p))');
  await eventually('nothing is blamed where the line is another', () => !lineOf(uri, 5)?.message.includes('run'));
  await clear();
});

test('a blamed file that is not open is marked in the list of problems', async () => {
  await clear();
  const uri = await writeFile('evidence/closed_losses.py', source);
  const dump = await writeFile('evidence/closed.nandump.json', dumpOf('/cluster/job/evidence/closed_losses.py'));
  await vscode.commands.executeCommand('nanlens.openDump', dump);
  const found = await eventually('the line is marked', () => lineOf(uri, 5));
  assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
  assert.equal(codeOf(found), 'NAN101');
  await clear();
  await eventually('nothing is marked', () => diagnosticsOf(uri).length === 0);
});
