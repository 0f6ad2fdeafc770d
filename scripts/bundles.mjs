// What is bundled, and how: one place that build, tests and benchmarks share.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** The parser's two WebAssembly files, as the npm packages ship them. */
export const wasmFiles = {
  'web-tree-sitter.wasm': require.resolve('web-tree-sitter/web-tree-sitter.wasm'),
  'tree-sitter-python.wasm': path.join(
    path.dirname(require.resolve('tree-sitter-python/package.json')),
    'tree-sitter-python.wasm',
  ),
};

const common = {
  bundle: true,
  absWorkingDir: root,
  logLevel: 'warning',
  sourcemap: false,
  legalComments: 'none',
  // The packages' ESM entries need import.meta.url, which a CommonJS bundle has not.
  alias: {
    'web-tree-sitter': path.join(root, 'node_modules/web-tree-sitter/web-tree-sitter.cjs'),
    // For Node it names a UMD file, whose own imports no bundler sees.
    'jsonc-parser': path.join(root, 'node_modules/jsonc-parser/lib/esm/main.js'),
    tinyglobby: path.join(root, 'node_modules/tinyglobby/dist/index.cjs'),
  },
  loader: { '.wasm': 'binary', '.md': 'text', '.py': 'text' },
};

export const nodeBundle = { ...common, platform: 'node', format: 'cjs', target: 'node20' };
const hostBundle = { ...nodeBundle, external: ['vscode'], minify: true };
export const webHostBundle = {
  ...common,
  platform: 'browser',
  format: 'cjs',
  target: 'es2022',
  external: ['vscode', 'fs', 'fs/promises', 'path', 'module', 'url', 'worker_threads', 'node:worker_threads'],
  minify: true,
};
const pageBundle = { ...common, platform: 'browser', format: 'iife', target: 'es2022', minify: true };

/** The protocol of `nanlens mcp` stands in a file of its own, so that the other commands start without it. */
const sdkBeside = {
  name: 'sdk-beside',
  setup(build) {
    build.onResolve({ filter: /^\.\/mcp\/sdk$/ }, () => ({ path: './mcp.js', external: true }));
  },
};

/** The command line: its program, and what it loads from beside itself. */
export const cliBundles = [
  {
    ...nodeBundle,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
    plugins: [sdkBeside],
  },
  { ...nodeBundle, entryPoints: ['src/cli/mcp/sdk.ts'], outfile: 'dist/mcp.js', minify: true },
];

/** A browser wants all of the extension in one file; on the desktop that same file does, so that it ships once. */
const sharesWebBundle = {
  name: 'shares-web-bundle',
  setup(build) {
    build.onResolve({ filter: /^\.\/main\.web$/ }, () => ({ path: './extension.web.js', external: true }));
  },
};

/** Every file of dist/. */
export const bundles = [
  ...cliBundles,
  {
    ...hostBundle,
    entryPoints: ['src/extension/main.desktop.ts'],
    outfile: 'dist/extension.desktop.js',
    plugins: [sharesWebBundle],
  },
  { ...webHostBundle, entryPoints: ['src/extension/main.web.ts'], outfile: 'dist/extension.web.js' },
  {
    ...pageBundle,
    external: webHostBundle.external,
    entryPoints: ['src/extension/worker.ts'],
    outfile: 'dist/worker.js',
  },
  { ...pageBundle, entryPoints: ['src/webview/main.ts'], outfile: 'dist/webview.js' },
];

export function copyWasm(outdir) {
  mkdirSync(outdir, { recursive: true });
  for (const [name, file] of Object.entries(wasmFiles)) copyFileSync(file, path.join(outdir, name));
}
