// A real VS Code from the npm registry: code-server's VS Code server and workbench, and the Node that it wants.
import path from 'node:path';
import { provision } from './cache.mjs';
import { runQuietly, Trouble } from './report.mjs';

/** code-server 4.139.1 carries VS Code 1.139.1, built for Node 24. */
const codeServer = '4.139.1';
const node = '24.18.0';

// Nothing native is needed: file watching and terminals fall back, spdlog and kerberos only make noise in the log.
const npmInstall = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--no-package-lock'];

/**
 * The npm package that holds Node 24's binary for this machine. (`node` itself fetches it by an install script, which
 * stays off.) Undefined where there is none and the Node that runs this script has to do.
 */
function nodePackage() {
  if (process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)) return `node-linux-${process.arch}`;
  if (Number(process.versions.node.split('.')[0]) === 24) return undefined;
  throw new Trouble(`On ${process.platform} ${process.arch} the browser VS Code needs Node 24: run this with Node 24.`);
}

/**
 * @returns {Promise<{ node: string, serverMain: string }>} the Node binary and the script that starts the server
 */
export async function ensureEditor() {
  const nodeFrom = nodePackage();
  const pins = { 'code-server': codeServer, ...(nodeFrom ? { [nodeFrom]: node } : {}) };
  const tools = (dir) => ({
    node: nodeFrom ? path.join(dir, 'node_modules', nodeFrom, 'bin/node') : process.execPath,
    serverMain: path.join(dir, 'node_modules/code-server/lib/vscode/out/server-main.js'),
  });
  const dir = await provision({
    name: 'vscode',
    why: 'VS Code 1.139 with both extension hosts, and Node 24 to run it (about 0.7 GB, from the npm registry)',
    pins,
    async install(dir) {
      const packages = Object.entries(pins).map(([name, version]) => `${name}@${version}`);
      await runQuietly('npm install code-server', 'npm', [...npmInstall, '--prefix', dir, ...packages], { cwd: dir });
      const vscode = path.join(dir, 'node_modules/code-server/lib/vscode');
      await runQuietly("npm install (VS Code's own packages)", 'npm', npmInstall, { cwd: vscode });
      const { node, serverMain } = tools(dir);
      await runQuietly('check the editor', node, [serverMain, '--version']);
    },
  });
  return tools(dir);
}
