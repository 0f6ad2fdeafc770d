// `nanlens recorder` writes the recorder, adds it to scripts and takes it out, and overwrites nothing unasked.

import assert from 'node:assert/strict';
import { chmod, readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Workspace } from './harness';

const SCRIPT = [
  '# é',
  'import torch',
  '',
  'model = torch.nn.Linear(2, 1)',
  'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)',
  'for epoch in range(2):',
  '    for batch in loader:',
  '        model(batch).sum().backward()',
  '        optimizer.step()',
  '',
].join('\n');

const RECORDED = SCRIPT.replace('import torch\n', 'import torch\nimport nanlens  # nanlens: recorder\n')
  .replace('for epoch', 'rec = nanlens.Recorder(model, optimizer)  # nanlens: recorder\nfor epoch')
  .replace('in loader', 'in rec.watch(loader)');

function shipped(): Promise<Uint8Array> {
  return readFile('media/recorder/nanlens.py');
}

describe('nanlens recorder', () => {
  it('writes the recorder to a folder, once, and says what to write', () =>
    Workspace.with({ 'runs/note.txt': '' }, async (workspace) => {
      const { code, out, err } = await workspace.run(['recorder', 'runs']);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /^Wrote runs\/nanlens\.py\.\n/);
      assert.match(out, /^ {4}rec = nanlens\.Recorder\(model, optimizer\)/m);
      assert.match(out, /nanlens\.attach\(trainer\)/);
      assert.deepEqual(await workspace.bytes('runs/nanlens.py'), await shipped());
      assert.deepEqual((await readdir(workspace.at('runs'))).sort(), ['nanlens.py', 'note.txt']);
      assert.match((await workspace.run(['recorder', 'runs'])).out, /^runs\/nanlens\.py is up to date\.\n/);
      assert.match((await workspace.run(['recorder'])).out, /^Wrote nanlens\.py\.\n/);
    }));

  it('leaves another file of that name, unless it is forced', () =>
    Workspace.with({ 'nanlens.py': '# mine\n' }, async (workspace) => {
      const refused = await workspace.run(['recorder']);
      assert.equal(refused.code, 2);
      assert.equal(refused.err, 'error: nanlens.py is another file, so it was left as it is; --force replaces it\n');
      assert.equal(await workspace.read('nanlens.py'), '# mine\n');
      const forced = await workspace.run(['recorder', '--force']);
      assert.match(forced.out, /^Replaced nanlens\.py\.\n/);
      assert.deepEqual(await workspace.bytes('nanlens.py'), await shipped());
    }));

  it('says why it cannot write', () =>
    Workspace.with({ 'file.txt': '', 'nanlens.py': '# mine\n' }, async (workspace) => {
      const missing = await workspace.run(['recorder', 'missing']);
      assert.equal(missing.code, 2);
      assert.match(missing.err, /missing\/nanlens\.py could not be written: no such file or folder/);
      assert.match((await workspace.run(['recorder', 'file.txt'])).err, /a part of its path is not a folder/);
      await chmod(workspace.at('nanlens.py'), 0o444);
      const readOnly = await workspace.run(['recorder', '--force']);
      assert.equal(readOnly.code, 2);
      assert.match(readOnly.err, /nanlens\.py is read-only/);
    }));

  const files: Readonly<Record<string, string | Uint8Array>> = {
    'lf.py': SCRIPT,
    'crlf.py': SCRIPT.replaceAll('\n', '\r\n'),
    'bom.py': `\ufeff${SCRIPT}`,
    'tabs.py': SCRIPT.replaceAll('    ', '\t'),
    'no-final-line-end.py': SCRIPT.trimEnd(),
    'latin.py': Buffer.from(`# coding: latin-1\n${SCRIPT}`, 'latin1'),
  };
  for (const name of Object.keys(files)) {
    it(`is inserted once and removed without a trace: ${name}`, () =>
      Workspace.with(files, async (workspace) => {
        const original = await workspace.bytes(name);
        const inserted = await workspace.run(['recorder', '--insert', name]);
        assert.equal(inserted.code, 0, inserted.err);
        assert.match(inserted.out, /^Wrote nanlens\.py\.\n/);
        assert.match(inserted.out, /:6: rec = nanlens\.Recorder\(model, optimizer\)\n|:7: rec = nanlens/);
        assert.match(inserted.out, /Added the recorder to /);
        const changed = await workspace.bytes(name);
        assert.match(Buffer.from(changed).toString('latin1'), /in rec\.watch\(loader\):/);
        const again = await workspace.run(['recorder', '--insert', name]);
        assert.equal(again.code, 0);
        assert.match(again.out, /has the recorder already/);
        assert.deepEqual(await workspace.bytes(name), changed);
        const removed = await workspace.run(['recorder', '--remove', name]);
        assert.match(removed.out, /^Removed the recorder from .* \(3 lines\)\.\n$/);
        assert.deepEqual(await workspace.bytes(name), original);
        assert.deepEqual(await workspace.bytes('nanlens.py'), await shipped());
        assert.match((await workspace.run(['recorder', '--remove', name])).out, /no recorder to remove/);
      }));
  }

  it('shows a patch, and changes nothing', () =>
    Workspace.with({ 'train.py': SCRIPT }, async (workspace) => {
      const { code, out, err } = await workspace.run(['recorder', '--insert', 'train.py', '--diff']);
      assert.equal(code, 0);
      assert.match(out, /^--- train\.py\n\+\+\+ train\.py\n@@ /);
      assert.match(err, /Would add the recorder to train\.py/);
      assert.equal(await workspace.read('train.py'), SCRIPT);
      assert.deepEqual(await readdir(workspace.folder), ['train.py']);
    }));

  it('passes through a pipe both ways', () =>
    Workspace.with({}, async (workspace) => {
      const inserted = await workspace.run(['recorder', '--insert', '-'], SCRIPT);
      assert.equal(inserted.out, RECORDED);
      assert.equal((await workspace.run(['recorder', '--remove', '-'], RECORDED)).out, SCRIPT);
      assert.deepEqual(await readdir(workspace.folder), []);
    }));

  it('changes no script where the recorder cannot be put beside it', () =>
    Workspace.with({ 'train.py': SCRIPT, 'nanlens.py': '# mine\n' }, async (workspace) => {
      const refused = await workspace.run(['recorder', '--insert', 'train.py']);
      assert.equal(refused.code, 2);
      assert.equal(await workspace.read('train.py'), SCRIPT);
      const forced = await workspace.run(['recorder', '--insert', 'train.py', '--force']);
      assert.equal(forced.code, 0);
      assert.equal(await workspace.read('train.py'), RECORDED);
    }));

  const misuse: readonly (readonly [argv: readonly string[], words: RegExp])[] = [
    [['--insert', 'train.py', '--remove', 'train.py'], /exclude each other/],
    [['--diff'], /--diff goes with --insert or --remove/],
    [['--remove', 'train.py', '--force'], /--force goes with --insert only/],
    [['runs', '--insert', 'train.py'], /goes beside the script; leave "runs" out/],
    [['--insert', 'plain.py'], /plain\.py: there is no training loop in this file/],
    [['--insert', 'n.ipynb'], /n\.ipynb is a notebook; the recorder goes into scripts/],
    [['--insert', 'missing.py'], /missing\.py could not be read: no such file or folder/],
  ];
  for (const [argv, words] of misuse) {
    it(`says what is wrong with ${argv.join(' ')}`, () =>
      Workspace.with(
        {
          'train.py': SCRIPT,
          'plain.py': 'import torch\n',
          'n.ipynb': '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        },
        async (workspace) => {
          const { code, err } = await workspace.run(['recorder', ...argv]);
          assert.equal(code, 2);
          assert.match(err, words);
          assert.deepEqual((await readdir(workspace.folder)).sort(), ['n.ipynb', 'plain.py', 'train.py']);
        },
      ));
  }
});
