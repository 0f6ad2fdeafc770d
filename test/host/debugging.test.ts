// Breakpoints on the first NaN in VS Code's own list and, on the desktop, under the real Python debugger.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { openFile } from '../harness/editor';
import { isWebHost } from '../harness/host-entry';
import { afterEach, eventually, test } from '../harness/suite';

const script = `import numpy as np

np.seterr(all="ignore")

def losses(p, steps):
    for step in range(steps):
        q = p - 0.25 * step
        loss = -(p * np.log(q)).sum()
        print(step, loss)
    return loss

losses(np.array([0.5, 0.75]), 6)
print("the end")
`;

interface Api {
  firstNaN(): { readonly title: string; readonly sentences: readonly string[] } | undefined;
}

function firstNaN(): ReturnType<Api['firstNaN']> {
  const extension = vscode.extensions.getExtension<Api>('nanlens.nanlens');
  if (!extension) throw new Error('the extension is not there');
  return extension.exports.firstNaN();
}

afterEach(async () => {
  await vscode.debug.stopDebugging();
  vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
});

function places(): string[] {
  return vscode.debug.breakpoints
    .filter((each) => each instanceof vscode.SourceBreakpoint)
    .map(
      ({ location, condition }) =>
        `${location.range.start.line + 1} ${/NaN Lens: [^"]*/.exec(condition ?? '')?.[0] ?? 'own'}`,
    )
    .sort();
}

async function breakOnNaN(uri: vscode.Uri, target: object): Promise<void> {
  await vscode.commands.executeCommand('nanlens.breakOnFirstNaN', { uri, target });
}

test('NaN breakpoints come and go by command, never twice, and never in place of one of the user', async () => {
  const { document } = await openFile('debugging/train.py', script);
  const own = new vscode.SourceBreakpoint(
    new vscode.Location(document.uri, new vscode.Position(7, 0)),
    true,
    'step > 3',
  );
  vscode.debug.addBreakpoints([own]);
  const target = { kind: 'function', name: 'losses' };
  const expected = ['8 own', '9 NaN Lens: loss'];
  await breakOnNaN(document.uri, target);
  await eventually('breakpoints are there', () => places().length === 2);
  assert.deepEqual(places(), expected);
  await breakOnNaN(document.uri, target);
  await breakOnNaN(document.uri, { kind: 'lines', first: 7, last: 8 });
  assert.deepEqual(places(), expected);
  await vscode.commands.executeCommand('nanlens.removeNaNBreakpoints');
  await eventually('ours are gone', () => places().length === 1);
  assert.deepEqual(places(), ['8 own']);
  assert.equal(document.getText(), script, 'the file is as it was');
});

test('NaN breakpoints go into no text that a debugger cannot know, and nowhere without tensors', async () => {
  const untitled = await vscode.workspace.openTextDocument({ language: 'python', content: script });
  await breakOnNaN(untitled.uri, { kind: 'everything' });
  const { document } = await openFile('debugging/plain.py', 'print(1)\nx = 1\n');
  await breakOnNaN(document.uri, { kind: 'everything' });
  assert.deepEqual(places(), []);
});

if (!isWebHost) {
  const python = process.env.NANLENS_VENV_PYTHON;
  vscode.debug.registerDebugAdapterDescriptorFactory('debugpy', {
    createDebugAdapterDescriptor() {
      if (!python) throw new Error('NANLENS_VENV_PYTHON is not set');
      return new vscode.DebugAdapterExecutable(python, ['-m', 'debugpy.adapter']);
    },
  });
  const run = { type: 'debugpy', request: 'launch', name: 'test', console: 'internalConsole', justMyCode: true };

  test(
    'the first NaN stops the real debugger, is told of, and takes the breakpoints away',
    async () => {
      const { document } = await openFile('debugging/train.py', script);
      await breakOnNaN(document.uri, { kind: 'everything' });
      await eventually('breakpoints are there', () => places().length > 0);
      assert.isTrue(await vscode.debug.startDebugging(undefined, { ...run, program: document.uri.fsPath }));
      const shown = await eventually('the first NaN is shown', firstNaN, 45_000);
      assert.equal(shown.title, 'NaN in loss, line 8');
      assert.equal(
        shown.sentences.join(' '),
        'loss, made on line 8, holds NaN (float64). What can be looked at of what goes into it (p, q) is finite.',
      );
      await eventually('our breakpoints are gone', () => places().length === 0);
      const frame = await eventually('a frame is in focus', () => {
        const item = vscode.debug.activeStackItem;
        return item instanceof vscode.DebugStackFrame && item;
      });
      const step = await frame.session.customRequest('evaluate', { expression: 'step', frameId: frame.frameId });
      assert.equal((step as { result: string }).result, '3', 'not before, and not after');
      await vscode.debug.stopDebugging();
      await eventually('it is forgotten with the session', () => firstNaN() === undefined);
    },
    { timeout: 120_000 },
  );
}
