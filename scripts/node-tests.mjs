// Runs test files under node:test and counts them: TypeScript ones bundled into one file, .mjs ones as they are.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { globSync } from 'tinyglobby';
import { nodeBundle, root } from './bundles.mjs';
import { Trouble } from './setup/report.mjs';

const countingReporter = fileURLToPath(new URL('./counting-reporter.mjs', import.meta.url));

/** Paths, relative to the root and sorted, that match the patterns and contain one of `wanted` (all where it is empty). */
export function findTests(patterns, wanted = []) {
  return globSync(patterns, { cwd: root })
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort();
}

/**
 * @param {string} name names the bundle below dist/test/
 * @param {readonly string[]} files
 * @param {{ env?: Record<string, string> }} [options]
 * @returns {Promise<import('./results.mjs').Results>}
 */
export async function runNodeTests(name, files, { env = {} } = {}) {
  if (files.length === 0) throw new Trouble(`No test file for ${name}`);
  const folder = path.join(root, 'dist/test');
  mkdirSync(folder, { recursive: true });
  const bundle = path.join(folder, `${name}-${process.pid}.cjs`);
  const counts = path.join(folder, `${name}-${process.pid}.json`);
  const typescript = files.filter((file) => file.endsWith('.ts'));
  try {
    if (typescript.length) {
      await esbuild.build({
        ...nodeBundle,
        // What a test imports from node_modules may load files beside itself (browsers' drivers do).
        external: ['playwright-core'],
        stdin: {
          contents: typescript.map((file) => `import './${file}';`).join('\n'),
          resolveDir: root,
          loader: 'ts',
        },
        outfile: bundle,
        sourcemap: 'inline',
      });
    }
    const entries = [...(typescript.length ? [bundle] : []), ...files.filter((file) => !file.endsWith('.ts'))];
    const status = await runNode(
      [
        '--enable-source-maps',
        ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
        ...[`--test-reporter=${countingReporter}`, `--test-reporter-destination=${counts}`],
        '--test',
        ...entries,
      ],
      env,
    );
    const { passed, failed } = JSON.parse(readFileSync(counts, 'utf8'));
    // A crash outside any test shows in the status alone.
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(bundle, { force: true });
    rmSync(counts, { force: true });
  }
}

function runNode(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
