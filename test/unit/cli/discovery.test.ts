// Which files a command line names. git itself is the judge of what .gitignore excludes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { type Discovery, discover } from '../../../src/cli/discovery';
import { disk } from '../../../src/cli/disk';
import type { FileTree } from '../../../src/project/file-tree';
import { Workspace } from './harness';

function found({ files }: Discovery): string[] {
  return files.map(({ path }) => path);
}

function tree(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '']));
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'core.excludesFile=', ...args], { cwd: folder, encoding: 'utf8' });
}

/** What git would list: neither ignored nor under .git. */
function gitFiles(folder: string): string[] {
  const list = git(folder, 'ls-files', '--cached', '--others', '--exclude-standard', '-z').split('\0');
  return list.filter((name) => /\.(?:py|ipynb)$/.test(name)).sort();
}

describe('discovery', () => {
  it('walks folders for Python files and notebooks, sorted, each once', () =>
    Workspace.with(tree('b.py', 'a/x.ipynb', 'a/y.PY', 'a/z.txt', 'a/q.pyc', 'c/d/e.py'), async ({ folder }) => {
      const result = await discover(['.', 'a', 'b.py', './b.py'], { cwd: folder });
      assert.deepEqual(found(result), ['a/x.ipynb', 'a/y.PY', 'b.py', 'c/d/e.py']);
      assert.deepEqual([result.skipped, result.failed], [0, []]);
    }));

  it("leaves out other people's code, but not a folder that is asked for by name", () =>
    Workspace.with(
      tree('a.py', 'venv/v.py', '.venv/v.py', 'env3/pyvenv.cfg', 'env3/v.py', 'lib/site-packages/s.py', 'build/b.py'),
      async ({ folder }) => {
        assert.deepEqual(found(await discover(['.'], { cwd: folder })), ['a.py']);
        assert.deepEqual(found(await discover(['build', 'env3'], { cwd: folder })), ['build/b.py', 'env3/v.py']);
      },
    ));

  it('takes a named file whatever it is called and whatever ignores it', () =>
    Workspace.with({ ...tree('build/b.py', 'script', 'x.txt'), '.gitignore': '*' }, async ({ folder }) => {
      const result = await discover(['build/b.py', 'script', 'x.txt'], { cwd: folder });
      assert.deepEqual(found(result), ['build/b.py', 'script', 'x.txt']);
    }));

  it('honours .gitignore where there is no repository', () =>
    Workspace.with({ ...tree('a.py', 'b.py', 'sub/b.py'), '.gitignore': 'b.py\n!sub/b.py' }, async ({ folder }) => {
      const result = await discover(['.'], { cwd: folder });
      assert.deepEqual([found(result), result.skipped], [['a.py', 'sub/b.py'], 1]);
    }));

  it('honours the rules of the repository around, of nested folders and of info/exclude, as git does', () =>
    Workspace.with(
      {
        ...tree('a.py', 'gen/a.py', 'gen/keep/a.py', 'gen/keep/deep/b.py', 'src/a.py', 'src/b_pb2.py', 'src/tmp/a.py'),
        ...tree('src/x/a.py', 'src/x/b.py', 'docs/a.py', 'docs/sub/a.py', 'secret.py', 'src/secret.py', 'A B.py'),
        '.gitignore': '# comment\n*_pb2.py\ntmp/\n/gen/*\n!/gen/keep/\n\\#x\nA\\ B.py\n',
        'src/.gitignore': 'x/*\n!x/b.py\r\n',
        'docs/.gitignore': '*\n!.gitignore\n',
      },
      async (workspace) => {
        git(workspace.folder, 'init', '-q');
        await workspace.write('.git/info/exclude', 'secret.py\n');
        const expected = gitFiles(workspace.folder);
        assert.ok(expected.includes('gen/keep/deep/b.py') && !expected.includes('src/secret.py'));
        assert.deepEqual(found(await discover(['.'], { cwd: workspace.folder })), expected);
        const src = workspace.at('src');
        assert.deepEqual(
          found(await discover(['.'], { cwd: src })).map((name) => `src/${name}`),
          expected.filter((name) => name.startsWith('src/')),
        );
        // A folder that the repository ignores, asked for by name.
        assert.deepEqual(found(await discover(['src/tmp'], { cwd: workspace.folder })), ['src/tmp/a.py']);
      },
    ));

  it('agrees with git on generated trees and rules', async () => {
    const folders = ['', 'a/', 'a/b/', 'c/', 'c/a/'];
    const patterns = ['a/', '/a', 'b', '*.py', 'x.py', '!x.py', '**/b', 'a/**', '!a/', 'c/*', '!c/a', '[xy].py', 'z*'];
    let state = 20;
    const pick = (count: number): number => {
      state = (state * 48271) % 2147483647;
      return state % count;
    };
    for (let round = 0; round < 12; round++) {
      const files = tree(...folders.flatMap((folder) => ['x.py', 'y.py', 'z1.py'].map((name) => folder + name)));
      for (const folder of folders) {
        if (pick(2) === 0) continue;
        const lines = Array.from({ length: 1 + pick(3) }, () => patterns[pick(patterns.length)]);
        files[`${folder}.gitignore`] = `${lines.join('\n')}\n`;
      }
      await Workspace.with(files, async ({ folder }) => {
        git(folder, 'init', '-q');
        const rules = Object.entries(files).filter(([, content]) => content !== '');
        assert.deepEqual(found(await discover(['.'], { cwd: folder })), gitFiles(folder), JSON.stringify(rules));
      });
    }
  });

  it('expands globs, and passes over what is excluded on the way', () =>
    Workspace.with(
      { ...tree('src/a.py', 'src/b/c.py', 'src/b/d.txt', 'build/e.py', 'src/gen/f.py'), '.gitignore': 'gen' },
      async ({ folder }) => {
        const glob = async (...patterns: string[]): Promise<string[]> =>
          found(await discover(patterns, { cwd: folder }));
        assert.deepEqual(await glob('**/*.py'), ['src/a.py', 'src/b/c.py']);
        assert.deepEqual(await glob('src/**'), ['src/a.py', 'src/b/c.py']);
        assert.deepEqual(await glob('s*'), ['src/a.py', 'src/b/c.py']);
        assert.deepEqual(await glob('src/{a,x}.py'), ['src/a.py']);
        const nothing = await discover(['lib/**/*.py'], { cwd: folder });
        assert.deepEqual(nothing.failed, [{ path: 'lib/**/*.py', message: 'matches no file or folder' }]);
      },
    ));

  it('follows links to files, not to folders, and takes a file once', () =>
    Workspace.with(tree('real/a.py', 'other/b.py'), async (workspace) => {
      await symlink(workspace.at('real/a.py'), workspace.at('other/link.py'));
      await symlink(workspace.folder, workspace.at('other/loop'));
      await symlink(workspace.at('nowhere.py'), workspace.at('other/broken.py'));
      assert.deepEqual(found(await discover(['other'], { cwd: workspace.folder })), ['other/b.py', 'other/link.py']);
      const both = await discover(['real', 'other'], { cwd: workspace.folder });
      assert.deepEqual(found(both), ['other/b.py', 'real/a.py']);
    }));

  it('says what cannot be read, and goes on', () =>
    Workspace.with(tree('a/x.py', 'b/y.py'), async (workspace) => {
      await symlink('self.py', workspace.at('self.py'));
      const tree: FileTree = {
        ...disk,
        list: (folder) =>
          folder.endsWith('/b')
            ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))
            : disk.list(folder),
      };
      const result = await discover(['.', 'missing.py', 'self.py', '/dev/null'], { cwd: workspace.folder, tree });
      assert.deepEqual(found(result), ['a/x.py']);
      assert.deepEqual(result.failed.map(({ path, message }) => `${path}: ${message}`).sort(), [
        '/dev/null: is neither a file nor a folder; to check what a program writes, pipe it into "-"',
        'b: could not be read: permission denied',
        'missing.py: no such file or folder',
        'self.py: its symbolic links go in a circle',
      ]);
    }));
});
