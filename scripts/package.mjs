// Packs the extension into a .vsix: node scripts/package.mjs.
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createVSIX, listFiles } from '@vscode/vsce';
import { globSync } from 'tinyglobby';
import { build } from './build.mjs';
import { root } from './bundles.mjs';
import { isMain } from './results.mjs';
import { runMain, say, Trouble } from './setup/report.mjs';

/**
 * What ships: the exceptions (`!…`) of .vscodeignore, which ignores everything else. (vsce would read all that lies
 * here, the gigabytes of .cache/ too, before it ignores them.)
 */
function shippedFiles() {
  const lines = readFileSync(path.join(root, '.vscodeignore'), 'utf8').split('\n');
  const patterns = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1).trim());
  return globSync(patterns, { cwd: root, ignore: ['**/__pycache__/**'] }).sort();
}

/** Makes `folder` hold what ships and nothing else. */
export function copyShippedFiles(folder) {
  rmSync(folder, { recursive: true, force: true });
  for (const file of shippedFiles()) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(folder, file));
  }
}

/**
 * Builds and packs.
 *
 * @param {{ list?: boolean }} [options] `list` prints what was packed
 * @returns {Promise<string>} the path of the package
 */
export async function packageExtension({ list = false } = {}) {
  await build();
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const folder = path.join(root, 'dist/package');
  copyShippedFiles(folder);
  copyFileSync(path.join(root, '.vscodeignore'), path.join(folder, '.vscodeignore'));
  const files = await listFiles({ cwd: folder, dependencies: false });
  const documents = ['README.md', 'CHANGELOG.md', 'LICENSE'];
  const needed = ['package.json', manifest.main, manifest.browser, 'media/recorder/nanlens.py', ...documents];
  const lacking = needed.map((file) => path.normalize(file)).filter((file) => !files.includes(file));
  if (lacking.length) throw new Trouble(`The package would lack ${lacking.join(', ')}`);
  const packagePath = path.join(root, `${manifest.name}-${manifest.version}.vsix`);
  rmSync(packagePath, { force: true });
  await quietly(() => createVSIX({ cwd: folder, packagePath, dependencies: false }));
  const kib = (bytes) => `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  const sizes = files.map((file) => statSync(path.join(folder, file)).size);
  if (list) for (const [i, file] of files.entries()) say(`  ${file} ${kib(sizes[i])}`);
  const unpacked = sizes.reduce((sum, size) => sum + size, 0);
  const packed = statSync(packagePath).size;
  say(`${path.relative(root, packagePath)}: ${kib(packed)}, unpacked ${kib(unpacked)} in ${files.length} files`);
  return packagePath;
}

/** vsce has no switch for its list of files; its warnings stay. */
async function quietly(body) {
  const log = console.log;
  console.log = () => undefined;
  try {
    return await body();
  } finally {
    console.log = log;
  }
}

if (isMain(import.meta.url)) await runMain(() => packageExtension({ list: true }));
