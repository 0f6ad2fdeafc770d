// Cases that are folders: the snapshot of every run in them, the blamed line, and what damage to a file may never break.
// NANLENS_UPDATE=1 writes the snapshots anew; read the difference before committing it.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { globSync } from 'tinyglobby';
import { bytesSource } from '../../src/dump/byte-source';
import type { Folder } from '../../src/dump/folder';
import { dumpToJson } from '../../src/dump/json';
import { readRunFolder } from '../../src/dump/run-folder';

const root = path.resolve('test/dumps');
const cases = [
  ...new Set(globSync('*/*/input/**', { cwd: root }).map((file) => file.split('/').slice(0, 2).join('/'))),
].sort();
const never = new AbortController().signal;
const truncations = 6;

/** @param change what becomes of the bytes of a file */
function folderOf(
  directory: string,
  change: (bytes: Uint8Array, file: string) => Uint8Array = (bytes) => bytes,
): Folder {
  return {
    name: 'input',
    entries: async (below) =>
      readdirSync(path.join(directory, below), { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        isFolder: entry.isDirectory(),
      })),
    open: async (below) => ({
      ...bytesSource(path.basename(below), change(new Uint8Array(readFileSync(path.join(directory, below))), below)),
      close: async () => undefined,
    }),
  };
}

async function read(folder: Folder) {
  const { runs, silent, failures, unreadable } = await readRunFolder(folder, never);
  return { runs: runs.map((run) => ({ path: run.path, ...dumpToJson(run.result) })), silent, failures, unreadable };
}

assert.ok(cases.length >= 4, 'the cases are there');

for (const name of cases) {
  const directory = path.join(root, name, 'input');
  const snapshot = path.join(root, name, 'expected.json');

  test(`${name}: reads as the snapshot says`, async () => {
    const text = `${JSON.stringify(await read(folderOf(directory)), null, 1)}\n`;
    if (process.env.NANLENS_UPDATE === '1') writeFileSync(snapshot, text);
    assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(snapshot, 'utf8')));
  });

  const script = path.join(root, name, 'script.py');
  const blamed = existsSync(script)
    ? readFileSync(script, 'utf8')
        .split('\n')
        .flatMap((line, i) => (line.includes('# blamed') ? [i + 1] : []))
    : [];
  if (blamed.length > 0) {
    test(`${name}: blames the line that the script marks`, async () => {
      const { runs } = await read(folderOf(directory));
      assert.deepEqual([runs.length, runs[0]?.anomalies[0]?.source?.line], [1, blamed[0]]);
    });
  }

  test(`${name}: a file that is missing, cut or changed costs no other, and invents no step`, async () => {
    const whole = await read(folderOf(directory));
    const steps = new Set(whole.runs.flatMap(({ anomalies }) => anomalies.map(({ step }) => step)).concat(null));
    // Where a full buffer is how the whole knows that it cannot count, a part of it looks like any other dump.
    const isCounted = whole.runs.every(({ anomalies }) => anomalies[0]?.step !== null);
    const files = globSync('**', { cwd: directory });
    for (const damaged of files) {
      const { size } = statSync(path.join(directory, damaged));
      for (let i = 0; i <= truncations; i++) {
        const length = Math.floor((size * i) / truncations);
        const result = await read(
          folderOf(directory, (bytes, file) => {
            if (file !== damaged) return bytes;
            if (i < truncations) return bytes.subarray(0, length);
            const changed = bytes.slice();
            for (let at = 20; at < changed.length; at += 211) changed[at] = (changed[at] ?? 0) ^ 0xa5;
            return changed;
          }),
        );
        JSON.stringify(result);
        // What is missing of these may be the first bad call or the last printed step: the rest cannot know.
        if (i === truncations || !isCounted || name.startsWith('msprobe/') || damaged.includes('stdout')) continue;
        for (const { anomalies } of result.runs) {
          for (const { step } of anomalies) assert.ok(steps.has(step), `step ${step} is invented`);
        }
      }
    }
  });
}
