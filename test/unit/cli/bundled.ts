// The command line as it ships, bundled into a folder of its own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** @returns the program's path; what it loads from beside itself stands there too */
export function bundleCli(folder: string): string {
  const script = `
    import path from 'node:path';
    import * as esbuild from 'esbuild';
    import { cliBundles } from './scripts/bundles.mjs';
    for (const bundle of cliBundles) {
      await esbuild.build({ ...bundle, outfile: path.join(${JSON.stringify(folder)}, path.basename(bundle.outfile)) });
    }`;
  const built = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
  return path.join(folder, 'cli.js');
}
