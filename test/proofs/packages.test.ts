// Code that nobody here wrote: it is analysed without an exception, and every fix leaves what Python can parse.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { before, test } from 'node:test';
import { analyseFolder } from '../../bench/packages';
import type { Analyzer } from '../../src/analyzer/analyzer';
import { freshAnalyzer } from '../rules/harness/python-analyzer';
import { python } from './python-runs';

/** Of the large packages the parts that compute; scripts/installed.mjs takes all of them. */
const PARTS = ['torch/nn', 'torch/optim', 'torch/distributions', 'keras/src/ops', 'jax/_src/numpy', 'optax'];

let analyzer: Analyzer;
before(async () => {
  analyzer = await freshAnalyzer();
});

async function failuresIn(folder: string): Promise<{ files: number; fixes: number; failures: string[] }> {
  const parser = spawn(python(), [path.resolve('bench/parses.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const failures: string[] = [];
  let [files, fixes] = [0, 0];
  const parsed = (async () => {
    for await (const line of createInterface({ input: parser.stdout })) {
      const { path: file, code, title, failure } = JSON.parse(line) as Record<string, string | null>;
      fixes++;
      if (failure) failures.push(`${file}: ${code} “${title}”: ${failure}`);
    }
  })();
  for (const line of analyseFolder(analyzer, folder)) {
    if (line.kind === 'file') {
      files++;
      if (line.failure !== undefined) failures.push(`${line.path}: ${line.failure}`);
    } else if (!parser.stdin.write(`${JSON.stringify(line)}\n`)) await once(parser.stdin, 'drain');
  }
  parser.stdin.end();
  await parsed;
  return { files, fixes, failures };
}

function folderOf(key: 'stdlib' | 'purelib'): string {
  return execFileSync(python(), ['-c', `import sysconfig; print(sysconfig.get_paths()['${key}'])`], {
    encoding: 'utf8',
  }).trim();
}

test('the standard library', async () => {
  const { files, failures } = await failuresIn(folderOf('stdlib'));
  assert.deepEqual(failures, []);
  assert.ok(files > 500, `${files} files`);
});

for (const part of PARTS)
  test(part, async () => {
    const { files, fixes, failures } = await failuresIn(path.join(folderOf('purelib'), part));
    assert.deepEqual(failures, []);
    assert.ok(files > 10 && fixes > 0, `${files} files, ${fixes} fixes`);
  });
