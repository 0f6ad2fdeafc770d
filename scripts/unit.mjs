// Bundles the unit and fixture tests into one file and runs it under node:test. Arguments narrow to paths that contain them.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { globSync } from 'tinyglobby';
import { nodeBundle, root } from './bundles.mjs';

const wanted = process.argv.slice(2);
const files = globSync(['test/unit/**/*.test.ts', 'test/rules/**/*.test.ts', 'test/dumps/**/*.test.ts'], { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(' ')}`);
  process.exit(2);
}
const outfile = path.join(root, `dist/test/unit${wanted.length ? `-${process.pid}` : ''}.cjs`);
await esbuild.build({
  ...nodeBundle,
  stdin: { contents: files.map((file) => `import './${file}';`).join('\n'), resolveDir: root, loader: 'ts' },
  outfile,
  sourcemap: 'inline',
});
const run = spawnSync(process.execPath, ['--enable-source-maps', '--test-reporter=spec', '--test', outfile], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
