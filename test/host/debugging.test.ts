// Breakpoints on the first NaN in VS Code's own list and, on the desktop, under the real Python debugger.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { openFile, workspaceFolder } from '../harness/editor';
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

/** Goes on, epoch after epoch, until the recorder is there for the bad step. */
const training = `import time, torch
from torch.utils.data import DataLoader, TensorDataset

model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loader = DataLoader(TensorDataset(torch.rand(8, 3)), batch_size=4)
for epoch in range(1000):
    time.sleep(0.5)
    for index, (x,) in enumerate(loader):
        optimizer.zero_grad()
        out = model(x).square()
        scale = 0.0 if epoch % 8 == 7 and index == 1 else 1.0
        loss = torch.log(out * scale).mean()
        loss.backward()
        optimizer.step()
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

test('the debug configuration is added once, beside those that are there', async () => {
  const uri = vscode.Uri.joinPath(workspaceFolder(), '.vscode/launch.json');
  const present =
    '{\n  // mine\n  "version": "0.2.0",\n  "configurations": [{ "name": "own", "type": "debugpy", "request": "launch" }]\n}\n';
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(present));
  const configurations = () =>
    vscode.workspace.getConfiguration('launch', workspaceFolder()).get<vscode.DebugConfiguration[]>('configurations');
  try {
    await eventually('the file is read', () => configurations()?.length === 1);
    await vscode.commands.executeCommand('nanlens.addDebugConfiguration');
    await vscode.commands.executeCommand('nanlens.addDebugConfiguration');
    await eventually('it is added', () => configurations()?.length === 2);
    const added = configurations()?.[1];
    assert.equal(added?.name, 'NaN Lens: debug this script');
    assert.equal(added?.type, 'debugpy');
    assert.deepEqual(added?.env, { TORCH_COMPILE_DISABLE: '1', JAX_DISABLE_JIT: '1' });
    assert.include(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)), '// mine');
  } finally {
    await vscode.workspace.fs.delete(uri);
  }
});

test('a launch.json is offered the debug configuration as a snippet', async () => {
  const { document } = await openFile('debugging/launch.jsonc', '{ "configurations": [\n\n] }\n');
  const list = await eventually('snippets are there', async () => {
    const found = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      new vscode.Position(1, 0),
    );
    return found.items.some(({ kind }) => kind === vscode.CompletionItemKind.Snippet) && found;
  });
  const snippet = list.items.find(({ label }) => (typeof label === 'string' ? label : label.label) === 'nanlens');
  assert.include(String((snippet?.insertText as vscode.SnippetString | undefined)?.value), 'TORCH_COMPILE_DISABLE');
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
        'loss, made on line 8, holds NaN (float). What can be looked at of what goes into it (p, q) is finite.',
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

  test(
    'the recorder goes into a session that runs, and out of it with its first dump',
    async () => {
      const { document } = await openFile('debugging/run.py', training);
      assert.isTrue(await vscode.debug.startDebugging(undefined, { ...run, program: document.uri.fsPath }));
      await vscode.commands.executeCommand('nanlens.armRecorderInSession');
      const folder = vscode.Uri.joinPath(document.uri, '../nanlens-dumps');
      const dumps = await eventually(
        'a dump is written',
        async () => {
          const found = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, '**/*.nandump.json'));
          return found.length > 0 && found;
        },
        50_000,
      );
      const dump = JSON.parse(new TextDecoder().decode(await vscode.workspace.fs.readFile(dumps[0] as vscode.Uri)));
      assert.match(
        dump.verdict.sentence,
        /forward: `log` at scratch\/debugging\/run\.py:13|forward: `log` at run\.py:13/,
      );
    },
    { timeout: 120_000 },
  );
}
