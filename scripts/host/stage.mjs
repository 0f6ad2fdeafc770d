// Prepares what a VS Code under test is given: the extension as it ships, the bundled suite, a workspace to work on.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { nodeBundle, root, webHostBundle } from '../bundles.mjs';
import { findTests } from '../node-tests.mjs';
import { copyShippedFiles } from '../package.mjs';
import { Trouble } from '../setup/report.mjs';

/**
 * Copies the files that the .vsix would hold, and returns the folder. For the web kind the manifest loses `main`
 * and `extensionKind`: a VS Code that has both hosts, as this one does, would start the extension in the Node one.
 *
 * @param {'node' | 'web'} kind
 */
export function stageExtension(kind) {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const entry = kind === 'web' ? manifest.browser : manifest.main;
  if (!existsSync(path.join(root, entry))) throw new Trouble(`${entry} is missing: run npm run build first`);
  const stage = path.join(root, `dist/test/extension-${kind}`);
  copyShippedFiles(stage);
  if (kind === 'web') {
    delete manifest.main;
    delete manifest.extensionKind;
  }
  // Another extension contributes the Python debugger; tests start the real one in its name.
  manifest.contributes.debuggers = [{ type: 'debugpy', label: 'Python Debugger', languages: ['python'] }];
  manifest.contributes.breakpoints = [{ language: 'python' }];
  writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  return stage;
}

/** @param {readonly string[]} parts of names of files; all files without any */
export function hostTests(parts = []) {
  const all = findTests(['test/host/**/*.test.ts']);
  const files = all.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
  if (files.length === 0)
    throw new Trouble(`test/host holds no tests${parts.length ? ` called ${parts.join(', ')}` : ''}`);
  return files;
}

/**
 * Bundles test files for one kind of host into the staged extension (VS Code runs a suite in the host of the extension
 * that holds it); the suite reports to `reportUrl`. Returns the path without its ending.
 */
export async function bundleSuite(kind, stage, reportUrl, files) {
  const outfile = path.join(stage, 'suite.js');
  await esbuild.build({
    ...(kind === 'web' ? webHostBundle : nodeBundle),
    external: [...webHostBundle.external, 'vscode'],
    minify: false,
    stdin: {
      contents: `${files.map((file) => `import './${file}';`).join('\n')}\nexport { run } from './test/harness/host-entry';`,
      resolveDir: root,
      loader: 'ts',
    },
    define: { NANLENS_REPORT_URL: JSON.stringify(reportUrl) },
    outfile,
  });
  return outfile.replace(/\.js$/, '');
}

/** Makes a folder to open, with a copy of the examples, and one for the profile beside it. */
export function makeWorkspace(name) {
  const base = mkdtempSync(path.join(os.tmpdir(), `nanlens-${name}-`));
  const workspace = path.join(base, 'workspace');
  mkdirSync(workspace);
  const examples = path.join(root, 'examples');
  if (existsSync(examples)) cpSync(examples, path.join(workspace, 'examples'), { recursive: true });
  return {
    workspace,
    dataDir: path.join(base, 'profile'),
    remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 5 }),
  };
}
