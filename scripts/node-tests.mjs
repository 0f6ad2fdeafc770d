// Runs test files under node:test and counts them: TypeScript ones bundled into one file, .mjs ones as they are.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { globSync } from 'tinyglobby';
import { nodeBundle, root } from './bundles.mjs';
import { Trouble } from './setup/report.mjs';

const [countingReporter, briefReporter] = ['counting', 'brief'].map((name) =>
  fileURLToPath(new URL(`./${name}-reporter.mjs`, import.meta.url)),
);

/** Paths, relative to the root and sorted, that match the patterns and contain one of `wanted` (all where it is empty). */
export function findTests(patterns, wanted = []) {
  return globSync(patterns, { cwd: root })
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort();
}

/**
 * @param {string} name names the folder of the bundles below dist/test/
 * @param {readonly string[]} files
 * @param {{ env?: Record<string, string>, together?: number, brief?: boolean, concurrency?: number }} [options] `brief` prints
 *   failures alone; `together` deals all TypeScript files out to so many processes, which is fast for many small ones;
 *   without it each file has its own. `concurrency` processes run at a time
 * @returns {Promise<import('./results.mjs').Results>}
 */
export async function runNodeTests(name, files, { env = {}, together = 0, brief = false, concurrency = 1 } = {}) {
  if (files.length === 0) throw new Trouble(`No test file for ${name}`);
  const folder = path.join(root, 'dist/test', `${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const counts = path.join(folder, 'counts.json');
  try {
    const typescript = files.filter((file) => file.endsWith('.ts'));
    const entries = files.filter((file) => !file.endsWith('.ts'));
    entries.unshift(
      ...(together > 0 ? await bundleTogether(typescript, together, folder) : await bundleEach(typescript, folder)),
    );
    const status = await runNode(
      [
        '--enable-source-maps',
        ...[`--test-reporter=${brief ? briefReporter : 'spec'}`, '--test-reporter-destination=stdout'],
        ...[`--test-reporter=${countingReporter}`, `--test-reporter-destination=${counts}`],
        ...['--test', `--test-concurrency=${concurrency}`, ...entries],
      ],
      env,
    );
    const { passed, failed } = JSON.parse(readFileSync(counts, 'utf8'));
    // A crash outside any test shows in the status alone.
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const testBundle = {
  ...nodeBundle,
  // The browser's driver loads files beside itself.
  external: ['playwright-core'],
  sourcemap: 'inline',
};

async function bundleTogether(files, count, folder) {
  const shares = Array.from({ length: Math.min(count, files.length) }, (_, share) =>
    files.filter((_, i) => i % count === share),
  );
  return Promise.all(shares.map((share, i) => bundleShare(share, path.join(folder, `share-${i}.cjs`))));
}

async function bundleShare(files, outfile) {
  // Inside describe() a file's before() and after() are its own, and what it throws while loading too.
  const suites = files.map((file) => `describe('${file}', () => { require('./${file}'); });`);
  const contents = ["import { describe } from 'node:test';", ...suites].join('\n');
  await esbuild.build({ ...testBundle, stdin: { contents, resolveDir: root, loader: 'ts' }, outfile });
  return outfile;
}

async function bundleEach(files, folder) {
  const outExtension = { '.js': '.cjs' };
  await esbuild.build({ ...testBundle, entryPoints: files, outbase: root, outdir: folder, outExtension });
  return files.map((file) => path.join(folder, file.replace(/\.ts$/, '.cjs')));
}

function runNode(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
