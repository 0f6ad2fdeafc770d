// The checks that need nothing installed beyond node_modules: types, lint, format, generated files.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './bundles.mjs';

const bin = (name) => path.join(root, 'node_modules/.bin', name);

const checks = [
  { name: 'types', command: bin('tsc'), args: ['--noEmit'] },
  { name: 'lint', command: bin('biome'), args: ['lint', '--error-on-warnings', '.'] },
  { name: 'format', command: bin('biome'), args: ['format', '.'] },
  { name: 'generated files fresh', command: process.execPath, args: ['scripts/generate.mjs', '--check'] },
];

/** Runs each check and prints the output of those that fail. */
export function runChecks() {
  const results = { passed: 0, failed: 0 };
  for (const { name, command, args } of checks) {
    const run = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
    const ok = run.status === 0;
    results[ok ? 'passed' : 'failed'] += 1;
    console.log(`  ${ok ? '✔' : '✖'} ${name}`);
    if (!ok) console.log(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? run.error.message : ''}`);
  }
  return results;
}
