// `nanlens checkpoints` puts checks in and takes them out, byte for byte, in files, notebooks and pipes.

import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Workspace } from './harness';

const MODEL = [
  '# é',
  'import torch',
  'from torch import nn',
  '',
  '',
  'class Net(nn.Module):',
  '    def forward(self, x):',
  '        hidden = torch.relu(self.linear(x))',
  '        return torch.log(hidden)',
  '',
  '    def other(self, x):',
  '        y = torch.exp(x)',
  '        return y',
  '',
].join('\n');

function notebook(...sources: readonly (string | readonly string[])[]): string {
  const cells = sources.map((source) => ({ cell_type: 'code', metadata: {}, outputs: [], source }));
  return `${JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

describe('checkpoints', () => {
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'lf.py': MODEL,
    'crlf.py': MODEL.replaceAll('\n', '\r\n'),
    'bom.py': `\ufeff${MODEL}`,
    'no-final-line-end.py': MODEL.trimEnd(),
    'tabs.py': MODEL.replaceAll('    ', '\t'),
    'latin.py': Buffer.from(`# coding: latin-1\n${MODEL}`, 'latin1'),
    'n.ipynb': notebook(
      '%matplotlib inline\nimport torch',
      ['p = torch.rand(3)\n', 'def g(x):\n', '    y = torch.exp(x)'],
      '%%bash\nls',
      ['%%time\n', 'for _ in range(2):\n', '    loss = -torch.log(p).mean()\n', '    loss.backward()'],
      'def f(x):\n    return torch.exp(x)',
    ),
  };
  for (const name of Object.keys(files)) {
    it(`are inserted once and removed without a trace: ${name}`, () =>
      Workspace.with(files, async (workspace) => {
        const original = await workspace.bytes(name);
        const inserted = await workspace.run(['checkpoints', name, '--insert']);
        assert.equal(inserted.code, 0, inserted.err);
        assert.match(inserted.out, /Inserted [1-9]\d* checks in /);
        const changed = await workspace.bytes(name);
        assert.match(Buffer.from(changed).toString('latin1'), /_nanlens_check\(/);
        const again = await workspace.run(['checkpoints', name, '--insert']);
        assert.match(again.out, /no check to insert/);
        assert.deepEqual(await workspace.bytes(name), changed);
        const restyled = await workspace.run(['checkpoints', name, '--insert', '--style', 'print']);
        assert.match(restyled.out, /Changed the style of the checks/);
        assert.notDeepEqual(await workspace.bytes(name), changed);
        const removed = await workspace.run(['checkpoints', name, '--remove']);
        assert.match(removed.out, /Removed [1-9]\d* checks from /);
        assert.deepEqual(await workspace.bytes(name), original);
        assert.match((await workspace.run(['checkpoints', name, '--remove'])).out, /no check to remove/);
      }));
  }

  it('go where they are asked for', () =>
    Workspace.with({ 'a.py': MODEL }, async (workspace) => {
      const checked = async (...argv: string[]): Promise<number[]> => {
        const { out, err } = await workspace.run(['checkpoints', '-', '--insert', ...argv], MODEL);
        assert.match(out, /_nanlens_check/);
        return [...err.matchAll(/^-:(\d+): /gm)].map(([, line]) => Number(line));
      };
      const other = await checked('--function', 'other');
      assert.ok(other.includes(12) && other.every((line) => line === 12 || line === 13));
      assert.deepEqual(await checked('--lines', '8:8'), [8]);
      const forward = await checked('--function', 'Net.forward');
      assert.ok(forward.includes(8) && forward.every((line) => line === 8 || line === 9));
      const missing = await workspace.run(['checkpoints', 'a.py', '--insert', '--function', 'nope']);
      assert.equal(missing.code, 2);
      assert.match(missing.err, /there is no function nope/);
      assert.equal(await workspace.read('a.py'), MODEL);
    }));

  it('stay in their own cell, the last line included', () =>
    Workspace.with(files, async (workspace) => {
      const before = JSON.parse(await workspace.read('n.ipynb')).cells;
      await workspace.run(['checkpoints', 'n.ipynb', '--insert']);
      const after = JSON.parse(await workspace.read('n.ipynb')).cells;
      const source = (cell: { source: string | string[] }): string => [cell.source].flat().join('');
      assert.match(source(after[1]), /\n {4}_nanlens_check\("y", y\) +# nanlens: check$/);
      assert.equal(source(after[2]), source(before[2]));
      assert.match(source(after[3]), /^%%time\n/);
      assert.match(source(after[3]), /\n {4}_nanlens_check\("loss", loss\)/);
      assert.match(source(after[4]), /^def f/);
    }));

  it('are shown as a patch, and leave the file', () =>
    Workspace.with({ 'a.py': MODEL }, async (workspace) => {
      const { code, out, err } = await workspace.run(['checkpoints', 'a.py', '--insert', '--diff']);
      assert.equal(code, 0);
      assert.match(out, /^--- a\.py\n\+\+\+ a\.py\n@@ /);
      assert.match(err, /Would insert \d+ checks in a\.py/);
      assert.equal(await workspace.read('a.py'), MODEL);
    }));

  it('pass through a pipe both ways', () =>
    Workspace.with({}, async (workspace) => {
      const inserted = await workspace.run(['checkpoints', '-', '--insert'], MODEL);
      const removed = await workspace.run(['checkpoints', '-', '--remove'], inserted.out);
      assert.equal(removed.out, MODEL);
    }));

  const misuse: readonly (readonly [argv: readonly string[], words: RegExp])[] = [
    [['a.py'], /say either --insert or --remove/],
    [['a.py', '--insert', '--remove'], /say either --insert or --remove/],
    [['a.py', '--remove', '--style', 'print'], /--style goes with --insert only/],
    [['a.py', '--insert', '--lines', '8'], /--lines cannot be "8"/],
    [['a.py', '--insert', '--lines', '9:8'], /--lines cannot be "9:8"/],
    [['a.py', '--insert', '--lines', '1:2', '--function', 'f'], /exclude each other/],
    [['n.ipynb', '--insert', '--lines', '1:2'], /cannot tell the cells of a notebook apart/],
    [['a.py', '--insert', '--style', 'prnt'], /did you mean "print"/],
    [['missing.py', '--insert'], /missing\.py could not be read: no such file or folder/],
    [['bad.py', '--insert'], /bad\.py is not valid UTF-8/],
    [['read-only.py', '--insert'], /read-only\.py is read-only/],
  ];
  for (const [argv, words] of misuse) {
    it(`says what is wrong with ${argv.join(' ')}`, () =>
      Workspace.with(
        { 'a.py': MODEL, 'n.ipynb': notebook('x'), 'bad.py': new Uint8Array([0xff]), 'read-only.py': MODEL },
        async (workspace) => {
          await chmod(workspace.at('read-only.py'), 0o444);
          const { code, err } = await workspace.run(['checkpoints', ...argv]);
          assert.equal(code, 2);
          assert.match(err, words);
          assert.equal(await workspace.read('a.py'), MODEL);
        },
      ));
  }
});
