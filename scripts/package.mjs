// Packs the extension into a .vsix: node scripts/package.mjs. Builds first, and checks that nothing else is packed.
import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createVSIX, listFiles } from '@vscode/vsce';
import { build } from './build.mjs';
import { root } from './bundles.mjs';
import { isMain } from './results.mjs';
import { runMain, say, Trouble } from './setup/report.mjs';

const shipped =
  /^(package(\.nls(\.[\w-]+)?)?\.json|l10n\/.+|README\.md|CHANGELOG\.md|LICENSE|dist\/[^/]+|media\/.+|syntaxes\/.+)$/;

/** @returns {Promise<string>} the path of the package */
export async function packageExtension() {
  await build();
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const files = await listFiles({ cwd: root, dependencies: false });
  const strays = files.filter((file) => !shipped.test(file) || file === 'dist/cli.js');
  if (strays.length) throw new Trouble(`.vscodeignore lets through what must not ship: ${strays.join(', ')}`);
  const packagePath = path.join(root, `${manifest.name}-${manifest.version}.vsix`);
  rmSync(packagePath, { force: true });
  await createVSIX({ cwd: root, packagePath, dependencies: false });
  const unpacked = files.reduce((sum, file) => sum + statSync(path.join(root, file)).size, 0);
  const kib = (bytes) => `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  say(
    `${path.relative(root, packagePath)}: ${kib(statSync(packagePath).size)} packed, ${kib(unpacked)} in ${files.length} files`,
  );
  return packagePath;
}

if (isMain(import.meta.url)) await runMain(packageExtension);
