// A real VS Code from the npm registry: code-server's VS Code server and workbench, and the Node that it wants.
import path from 'node:path';
import { provision } from './cache.mjs';
import { runQuietly } from './report.mjs';

/** code-server 4.139.1 carries VS Code 1.139.1, built for Node 24. */
const pins = { 'code-server': '4.139.1', node: '24.18.0' };

// Nothing native is needed: file watching and terminals fall back, spdlog and kerberos only make noise in the log.
const npmInstall = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--no-package-lock'];

/**
 * @returns {Promise<{ node: string, serverMain: string }>} the Node binary and the script that starts the server
 */
export async function ensureEditor() {
  const dir = await provision({
    name: 'vscode',
    why: `VS Code 1.139 with both extension hosts, and Node 24 to run it (about 0.7 GB, from the npm registry)`,
    pins,
    async install(dir) {
      const packages = Object.entries(pins).map(([name, version]) => `${name}@${version}`);
      await runQuietly('npm install code-server', 'npm', [...npmInstall, '--prefix', dir, ...packages], { cwd: dir });
      const vscode = path.join(dir, 'node_modules/code-server/lib/vscode');
      await runQuietly("npm install (VS Code's own packages)", 'npm', npmInstall, { cwd: vscode });
      // node's npm package places its binary by an install script, which stays off; its platform package holds it.
      await runQuietly('check the editor', nodeBinary(dir), [serverMain(dir), '--version']);
    },
  });
  return { node: nodeBinary(dir), serverMain: serverMain(dir) };
}

function nodeBinary(dir) {
  return path.join(dir, 'node_modules/node/bin/node');
}

function serverMain(dir) {
  return path.join(dir, 'node_modules/code-server/lib/vscode/out/server-main.js');
}
